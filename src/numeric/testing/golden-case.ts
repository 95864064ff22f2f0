import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface GoldenValue {
  readonly dtype: 'f32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A golden case of single operations: what goes in, what the reference made of it, and how far one may be off. */
export interface GoldenOperationCase {
  readonly name: string;
  readonly params: unknown;
  readonly inputs: ReadonlyMap<string, GoldenValue>;
  readonly outputs: ReadonlyMap<string, GoldenValue>;
  readonly tolerance: { readonly f32: number; readonly f16: number };
}

const caseFile = z.object({ params: z.unknown(), tolerance: z.object({ f32: z.number(), f16: z.number() }) });
const header = z.record(z.string(), z.unknown());
const entry = z.object({ dtype: z.literal('F32'), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) });

/** Reads `fixtures/golden/<name>` of the repository, for tests. */
export function readGoldenOperationCase(name: string): GoldenOperationCase {
  const folder = new URL(`../../../fixtures/golden/${name}/`, import.meta.url);
  const { params, tolerance } = caseFile.parse(JSON.parse(readFileSync(new URL('case.json', folder), 'utf8')));
  const file = Uint8Array.from(readFileSync(new URL('io.safetensors', folder))).buffer;
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const inputs = new Map<string, GoldenValue>();
  const outputs = new Map<string, GoldenValue>();
  for (const [key, value] of Object.entries(header.parse(JSON.parse(new TextDecoder().decode(file.slice(8, start)))))) {
    if (key === '__metadata__') continue;
    const { shape, data_offsets } = entry.parse(value);
    const data = new Float32Array(file.slice(start + data_offsets[0], start + data_offsets[1]));
    (key.startsWith('in.') ? inputs : outputs).set(key.replace(/^(in|out)\./, ''), { dtype: 'f32', shape, data });
  }
  return { name, params, inputs, outputs, tolerance };
}
