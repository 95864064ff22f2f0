import { AiprodError } from '../errors';
import type { GuidancePass } from '../diffusion';
import { timestepInput } from '../models';
import type { EncodedText } from './video-machine';

/** What the transformer takes at an evaluation: latents [1, N, C] and timesteps [1 or N], once for each of `batch` passes. */
export function denoisingInputs(
  latents: Float32Array,
  timesteps: Float32Array,
  batch: number,
): { hidden_states: Float32Array; timestep_sinusoid: Float32Array } {
  return { hidden_states: repeated(latents, batch), timestep_sinusoid: timestepInput(repeated(timesteps, batch)) };
}

/** The text that each pass is shown: states [B, M, D] and mask [B, M], out of the prompts, of which a negative one comes first. */
export function textInputs(
  { prompts, states, mask }: EncodedText,
  passes: readonly GuidancePass[],
): { encoder_hidden_states: Float32Array; encoder_attention_mask: Float32Array } {
  const rows = passes.map(({ prompt }) => {
    if (prompt === 'positive') return prompts - 1;
    if (prompts === 2) return 0;
    throw new AiprodError('internal', 'guidance asks for a negative prompt, which was not encoded');
  });
  return { encoder_hidden_states: pick(states, prompts, rows), encoder_attention_mask: pick(mask, prompts, rows) };
}

function pick(values: Float32Array, count: number, rows: readonly number[]): Float32Array {
  const size = values.length / count;
  const result = new Float32Array(rows.length * size);
  rows.forEach((row, k) => result.set(values.subarray(row * size, (row + 1) * size), k * size));
  return result;
}

/** Values, so many times one after the other. */
export function repeated(values: Float32Array, times: number): Float32Array {
  const result = new Float32Array(values.length * times);
  for (let k = 0; k < times; k++) result.set(values, k * values.length);
  return result;
}
