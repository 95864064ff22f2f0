import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { GoldenCase, GoldenData, GoldenTensor } from '.';

const headerSchema = z.record(z.string(), z.unknown());
const entrySchema = z.object({ dtype: z.string(), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) });
const caseSchema = z.object({
  name: z.string(),
  recipe: z.string(),
  classes: z.record(z.string(), z.string()).default({}),
  params: z.unknown(),
  tolerance: z.object({ f32: z.number(), f16: z.number() }),
  weights_from: z.record(z.string(), z.string()).nullish(),
});

/** A case of the repository, and what only its tests want to know. */
export interface OpenedGolden {
  readonly golden: GoldenCase;
  readonly tolerance: { readonly f32: number; readonly f16: number };
  /** The cases whose weights its components use, by component. */
  readonly weightsFrom: Readonly<Record<string, string>>;
}

const views: Readonly<Record<string, readonly [string, (bytes: ArrayBuffer) => GoldenData]>> = {
  F32: ['float32', (bytes) => new Float32Array(bytes)],
  F64: ['float64', (bytes) => new Float64Array(bytes)],
  I64: ['int64', (bytes) => new BigInt64Array(bytes)],
  I32: ['int32', (bytes) => new Int32Array(bytes)],
  I8: ['int8', (bytes) => Int32Array.from(new Int8Array(bytes))],
  U8: ['uint8', (bytes) => new Uint8Array(bytes)],
};

const fixtures = new URL('../../fixtures/', import.meta.url);

/** `fixtures/golden/<name>` of the repository, or `fixtures/<name>` when the name has a folder. */
export function goldenFolder(name: string): URL {
  return new URL(`${name.includes('/') ? '' : 'golden/'}${name}/`, fixtures);
}

/** Every tensor of a safetensors file of a case, by a reader apart from the product's. */
export function readGoldenTensors(folder: URL, file: string): Map<string, GoldenTensor> {
  const bytes = Uint8Array.from(readFileSync(new URL(file, folder))).buffer;
  const start = 8 + Number(new DataView(bytes).getBigUint64(0, true));
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, value] of Object.entries(headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes.slice(8, start)))))) {
    if (key === '__metadata__') continue;
    const { dtype, shape, data_offsets } = entrySchema.parse(value);
    if (!(dtype in views)) throw new Error(`${file}: no reader for ${dtype}`);
    const [numpyName, view] = views[dtype];
    tensors.set(key, { dtype: numpyName, shape, data: view(bytes.slice(start + data_offsets[0], start + data_offsets[1])) });
  }
  return tensors;
}

/** Reads a reference case of the repository, for tests. */
export function readGoldenCase(name: string): OpenedGolden {
  const folder = goldenFolder(name);
  const { tolerance, weights_from, ...meta } = caseSchema.parse(JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')));
  const configFile = new URL('config.json', folder);
  const config: unknown = existsSync(configFile) ? JSON.parse(readFileSync(configFile, 'utf8')) : undefined;
  const tensors = readGoldenTensors(folder, 'io.safetensors');
  const part = (prefix: string): Map<string, GoldenTensor> =>
    new Map(Array.from(tensors).flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [])));
  return { golden: { ...meta, config, inputs: part('in.'), outputs: part('out.') }, tolerance, weightsFrom: weights_from ?? {} };
}
