import { z } from 'zod';
import { AiprodError } from '../errors';
import { bytesOf, memorySource, openSafetensors, toFloat32, writeSafetensors, type TensorToWrite, type WeightFile } from '../weights';
import type { DenoiseState } from './denoise';

const formatPrefix = 'aiprod-denoise-state-';
const version = 2;
const guidancePrefix = 'guidance.';

const floats = (values: Float32Array): TensorToWrite => ({ dtype: 'F32', shape: [values.length], bytes: bytesOf(values) });

const count = (digits: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z
    .string()
    .regex(new RegExp(`^\\d{1,${digits}}$`))
    .transform(Number);

const metadataSchema = z.object({
  step: count(6),
  /** Of the solver's history; both absent where it has none. */
  order: count(2).optional(),
  outputs: count(2).optional(),
  solver: z.string().min(1).max(100).optional(),
});

/** A denoising state as a safetensors file: latents, the solver's history and the guider's memory. */
export function encodeState(state: DenoiseState): Uint8Array<ArrayBuffer> {
  const tensors = new Map([['latents', floats(state.latents)]]);
  const metadata: Record<string, string> = { format: `${formatPrefix}${version}`, step: String(state.step) };
  if (state.history !== undefined) {
    const { lastSample, modelOutputs, order } = state.history;
    if (lastSample !== undefined) tensors.set('history.last_sample', floats(lastSample));
    modelOutputs.forEach((output, k) => tensors.set(`history.model_output.${k}`, floats(output)));
    metadata.order = String(order);
    metadata.outputs = String(modelOutputs.length);
    if (state.solver !== undefined) metadata.solver = state.solver;
  }
  for (const [name, values] of Object.entries(state.guidance ?? {})) tensors.set(`${guidancePrefix}${name}`, floats(values));
  return writeSafetensors(tensors, metadata);
}

/** Reads what `encodeState` wrote. @throws AiprodError 'bad-input' or 'bad-weights' for anything else. */
export async function decodeState(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<DenoiseState> {
  const file = await openSafetensors(memorySource(bytes, where));
  const format = file.metadata.get('format') ?? '';
  if (format.startsWith(formatPrefix) && format !== `${formatPrefix}${version}`) {
    throw new AiprodError('bad-input', 'the denoising state is of another version', {
      where,
      expected: `version ${version}`,
      found: `version ${format.slice(formatPrefix.length)}`,
      hint: 'Begin the job anew, or go on with the version of the program that wrote it',
    });
  }
  const metadata = metadataSchema.safeParse(Object.fromEntries(file.metadata));
  if (format === '' || !format.startsWith(formatPrefix) || !metadata.success) {
    throw new AiprodError('bad-input', 'the file is no denoising state', {
      where,
      hint: 'Use the folder that an interrupted aiprod generate left behind',
    });
  }
  const { step, order, outputs, solver } = metadata.data;
  const latents = await readFloats(file, 'latents');
  const names = [...file.tensors.keys()];
  const memory = await Promise.all(
    names
      .filter((name) => name.startsWith(guidancePrefix))
      .map(async (name) => [name.slice(guidancePrefix.length), await readFloats(file, name)] as const),
  );
  const guidance = memory.length === 0 ? {} : { guidance: Object.fromEntries(memory) };
  let state: DenoiseState = { step, latents, ...guidance };
  if (order !== undefined && outputs !== undefined) {
    const modelOutputs = await Promise.all(Array.from({ length: outputs }, (_, k) => readFloats(file, `history.model_output.${k}`)));
    const lastSample = names.includes('history.last_sample') ? { lastSample: await readFloats(file, 'history.last_sample') } : {};
    state = { ...state, history: { modelOutputs, order, ...lastSample }, ...(solver === undefined ? {} : { solver }) };
  }
  requireEqualLengths(state, where);
  return state;
}

/** Everything a state holds is of the latents' length. */
function requireEqualLengths({ latents, history, guidance }: DenoiseState, where: string): void {
  const others = [...(history?.modelOutputs ?? []), ...(history?.lastSample === undefined ? [] : [history.lastSample])];
  const wrong = [...others, ...Object.values(guidance ?? {})].find((values) => values.length !== latents.length);
  if (wrong === undefined) return;
  throw new AiprodError('bad-input', 'the denoising state does not fit together', {
    where,
    expected: `${latents.length} numbers in each tensor`,
    found: String(wrong.length),
  });
}

async function readFloats(file: WeightFile, name: string): Promise<Float32Array> {
  return toFloat32(await file.readTensor(name));
}
