import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { GoldenCase, GoldenTensor, TensorData } from '../verify';

const header = z.record(z.string(), z.unknown());
const entry = z.object({ dtype: z.string(), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) });
const caseFile = z.object({
  name: z.string(),
  recipe: z.string(),
  classes: z.record(z.string(), z.string()),
  params: z.unknown(),
  tolerance: z.object({ f32: z.number() }),
});

const readers: Record<string, [string, (bytes: ArrayBuffer) => TensorData]> = {
  F32: ['float32', (bytes) => new Float32Array(bytes)],
  F64: ['float64', (bytes) => new Float64Array(bytes)],
};

/** Reads `fixtures/golden/<name>` of the repository, for tests. */
export function readGoldenCase(name: string): { golden: GoldenCase; tolerance: number } {
  const folder = new URL(`../../../fixtures/golden/${name}/`, import.meta.url);
  const { tolerance, ...meta } = caseFile.parse(JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')));
  let config: unknown;
  if (meta.recipe === 'scheduler_steps') config = JSON.parse(readFileSync(new URL('config.json', folder), 'utf8'));

  const file = Uint8Array.from(readFileSync(new URL('io.safetensors', folder))).buffer;
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const inputs = new Map<string, GoldenTensor>();
  const outputs = new Map<string, GoldenTensor>();
  for (const [key, value] of Object.entries(header.parse(JSON.parse(new TextDecoder().decode(file.slice(8, start)))))) {
    if (key === '__metadata__') continue;
    const { dtype, shape, data_offsets } = entry.parse(value);
    if (!(dtype in readers)) throw new Error(`${name}: no reader for ${dtype}`);
    const [numpyName, read] = readers[dtype];
    const data = read(file.slice(start + data_offsets[0], start + data_offsets[1]));
    (key.startsWith('in.') ? inputs : outputs).set(key.replace(/^(in|out)\./, ''), { dtype: numpyName, shape, data });
  }
  return { golden: { ...meta, config, inputs, outputs }, tolerance: tolerance.f32 };
}
