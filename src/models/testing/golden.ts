import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { GoldenData, GoldenTensor, ModelCase, WeightReader } from '../verify-case';

const header = z.record(z.string(), z.unknown());
const entry = z.object({ dtype: z.string(), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) });
const caseFile = z.object({
  name: z.string(),
  recipe: z.string(),
  classes: z.record(z.string(), z.string()),
  params: z.unknown(),
  tolerance: z.object({ f32: z.number(), f16: z.number() }),
  weights_from: z.record(z.string(), z.string()).optional(),
});

const readers: Readonly<Record<string, readonly [string, (bytes: ArrayBuffer) => GoldenData]>> = {
  F32: ['float32', (bytes) => new Float32Array(bytes)],
  F64: ['float64', (bytes) => new Float64Array(bytes)],
  I64: ['int64', (bytes) => new BigInt64Array(bytes)],
};

const fixtures = new URL('../../../fixtures/', import.meta.url);
const folderOf = (name: string): URL => new URL(`${name.includes('/') ? '' : 'golden/'}${name}/`, fixtures);

function readTensors(folder: URL, file: string): Map<string, GoldenTensor> {
  const bytes = Uint8Array.from(readFileSync(new URL(file, folder))).buffer;
  const start = 8 + Number(new DataView(bytes).getBigUint64(0, true));
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, value] of Object.entries(header.parse(JSON.parse(new TextDecoder().decode(bytes.slice(8, start)))))) {
    if (key === '__metadata__') continue;
    const { dtype, shape, data_offsets } = entry.parse(value);
    if (!(dtype in readers)) throw new Error(`${file}: no reader for ${dtype}`);
    const [numpyName, read] = readers[dtype];
    tensors.set(key, { dtype: numpyName, shape, data: read(bytes.slice(start + data_offsets[0], start + data_offsets[1])) });
  }
  return tensors;
}

function readWeights(name: string, file: string): WeightReader {
  const weights = readTensors(folderOf(name), file);
  const tensor = (key: string): GoldenTensor => {
    const found = weights.get(key);
    if (found === undefined) throw new Error(`${name}: no weight ${key}`);
    return found;
  };
  return {
    names: [...weights.keys()],
    shape: (key: string) => tensor(key).shape,
    read: (key: string) => {
      const { data } = tensor(key);
      return data instanceof Float32Array ? Promise.resolve(data) : Promise.reject(new Error(`${name}: ${key} is not f32`));
    },
  };
}

/** Reads `fixtures/golden/<name>` of the repository, or `fixtures/<name>` when the name has a folder; for tests of this room. */
export function readModelCase(name: string): { golden: ModelCase; tolerance: { f32: number; f16: number } } {
  const folder = folderOf(name);
  const { tolerance, weights_from, ...meta } = caseFile.parse(JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')));
  const io = readTensors(folder, 'io.safetensors');
  const part = (prefix: string): Map<string, GoldenTensor> =>
    new Map(Array.from(io).flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [])));
  const golden: ModelCase = {
    ...meta,
    config: JSON.parse(readFileSync(new URL('config.json', folder), 'utf8')),
    inputs: part('in.'),
    outputs: part('out.'),
    openWeights: (component) => {
      const source = weights_from?.[component];
      const own = source ?? name;
      const part = `weights_${component}.safetensors`;
      return Promise.resolve(readWeights(own, source === undefined && existsSync(new URL(part, folder)) ? part : 'weights.safetensors'));
    },
    openOthers: (prefix) =>
      Promise.resolve(
        new Map(readdirSync(folder).flatMap((file) => (file.startsWith(prefix) ? [[file, readWeights(name, file)] as const] : []))),
      ),
  };
  return { golden, tolerance };
}

/** Norm of the difference over norm of the expected tensor. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number | bigint>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = Number(expected[i]);
    difference += (actual[i] - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}
