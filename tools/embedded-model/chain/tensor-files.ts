import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AiprodError } from '../../../src/errors';
import type { HostTensor } from '../../../src/graph';
import { writeWhole } from '../../../src/pipelines/node';
import { hostTensorOf, lossRecordSchema, storedTensorOf, type TrainerState } from '../../../src/training';
import {
  bytesOf,
  memorySource,
  openSafetensors,
  toFloat32,
  writeSafetensors,
  type SafetensorsFile,
  type TensorToWrite,
} from '../../../src/weights';

/** Tensors by name, f32. */
export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

export function floatsToWrite(weights: Weights): Map<string, TensorToWrite> {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, bytes: bytesOf(data) }]));
}

/** Opens a safetensors file that is read whole. */
export async function openTensors(path: string): Promise<SafetensorsFile> {
  return openSafetensors(memorySource(new Uint8Array(await readFile(path)), path));
}

export async function readWeights(path: string): Promise<Weights> {
  const file = await openTensors(path);
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const name of file.tensors.keys()) {
    const tensor = await file.readTensor(name);
    weights.set(name, { shape: tensor.shape, data: toFloat32(tensor) });
  }
  return weights;
}

/** A reader for graphs. @throws AiprodError 'bad-weights' for a name that is not there */
export function readerOf(weights: Weights): (name: string) => Float32Array {
  return (name) => {
    const found = weights.get(name);
    if (found === undefined) throw new AiprodError('bad-weights', `there is no weight ${name}`, { found: `${weights.size} others` });
    return found.data;
  };
}

const metadataSchema = z.object({ step: z.coerce.number().int().min(0), record: z.string() });

/** Writes a trainer's state, aside and renamed. */
export async function saveTrainerState(path: string, { step, tensors, record }: TrainerState): Promise<void> {
  const stored = new Map([...tensors].map(([name, tensor]) => [name, storedTensorOf(tensor)]));
  await writeWhole(path, writeSafetensors(stored, { step: String(step), record: JSON.stringify(record) }));
}

export async function readTrainerState(path: string): Promise<TrainerState> {
  const file = await openTensors(path);
  const metadata = metadataSchema.parse(Object.fromEntries(file.metadata));
  const tensors = new Map<string, HostTensor>();
  for (const name of file.tensors.keys()) tensors.set(name, hostTensorOf(await file.readTensor(name), `${path}: ${name}`));
  return { step: metadata.step, tensors, record: lossRecordSchema.parse(JSON.parse(metadata.record)) };
}
