import { timestepInput } from '../models';
import type { StepPrediction } from './denoise';

/** 2 where the prompt guides against a negative one (classifier-free guidance, scale above 1), else 1. */
export function guidanceBatch(scale: number): 1 | 2 {
  return scale > 1 ? 2 : 1;
}

/** What a denoising pass of the transformer takes at a step: latents [1, N, C] and timesteps [1 or N], once for each prompt. */
export function denoisingInputs(
  latents: Float32Array,
  timesteps: Float32Array,
  batch: 1 | 2,
): { hidden_states: Float32Array; timestep_sinusoid: Float32Array } {
  return { hidden_states: repeat(latents, batch), timestep_sinusoid: timestepInput(repeat(timesteps, batch)) };
}

/** Takes the predictions of a batch apart; the negative prompt comes first. */
export function splitPrediction(sample: Float32Array, batch: 1 | 2): StepPrediction {
  if (batch === 1) return { pred_cond: sample };
  const half = sample.length / 2;
  return { pred_uncond: sample.subarray(0, half), pred_cond: sample.subarray(half) };
}

function repeat(values: Float32Array, times: number): Float32Array {
  const result = new Float32Array(values.length * times);
  for (let k = 0; k < times; k++) result.set(values, k * values.length);
  return result;
}
