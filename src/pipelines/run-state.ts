import { z } from 'zod';
import { AiprodError } from '../errors';
import { bytesOf, memorySource, openSafetensors, toFloat32, writeSafetensors, type TensorToWrite, type WeightFile } from '../weights';
import type { DenoiseState } from './denoise';

const floats = (values: Float32Array): TensorToWrite => ({ dtype: 'F32', shape: [values.length], bytes: bytesOf(values) });

const metadataSchema = z.object({
  format: z.literal('aiprod-denoise-state-1'),
  step: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number),
  order: z
    .string()
    .regex(/^\d{1,2}$/)
    .transform(Number)
    .optional(),
  outputs: z
    .string()
    .regex(/^\d{1,2}$/)
    .transform(Number)
    .optional(),
});

/** A denoising state as a safetensors file. */
export function encodeState(state: DenoiseState): Uint8Array<ArrayBuffer> {
  const tensors = new Map([['latents', floats(state.latents)]]);
  const metadata: Record<string, string> = { format: 'aiprod-denoise-state-1', step: String(state.step) };
  if (state.history !== undefined) {
    tensors.set('history.last_sample', floats(state.history.lastSample));
    state.history.modelOutputs.forEach((output, k) => tensors.set(`history.model_output.${k}`, floats(output)));
    metadata.order = String(state.history.order);
    metadata.outputs = String(state.history.modelOutputs.length);
  }
  return writeSafetensors(tensors, metadata);
}

/** Reads what `encodeState` wrote. @throws AiprodError 'bad-input' or 'bad-weights' for anything else. */
export async function decodeState(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<DenoiseState> {
  const file = await openSafetensors(memorySource(bytes, where));
  const metadata = metadataSchema.safeParse(Object.fromEntries(file.metadata));
  if (!metadata.success) {
    throw new AiprodError('bad-input', 'the file is no denoising state', {
      where,
      hint: 'Use the folder that an interrupted aiprod generate left behind',
    });
  }
  const read = async (name: string): Promise<Float32Array> => readFloats(file, name);
  const { step, order, outputs } = metadata.data;
  const latents = await read('latents');
  if (order === undefined || outputs === undefined) return { step, latents };
  const modelOutputs = await Promise.all(Array.from({ length: outputs }, (_, k) => read(`history.model_output.${k}`)));
  return { step, latents, history: { modelOutputs, lastSample: await read('history.last_sample'), order } };
}

async function readFloats(file: WeightFile, name: string): Promise<Float32Array> {
  return toFloat32(await file.readTensor(name));
}
