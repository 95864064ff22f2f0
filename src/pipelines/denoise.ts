import { AiprodError } from '../errors';
import { classifierFreeGuidance, rescaleGuidance, type Schedule, type Scheduler, type StepHistory } from '../diffusion';

/** What the transformer says of one step: packed predictions [1, N, C]. */
export interface StepPrediction {
  readonly conditional: Float32Array;
  /** Absent when guidance is off. */
  readonly unconditional?: Float32Array;
}

/** Where a run of denoising stands: everything needed to go on from here. Plain data. */
export interface DenoiseState {
  /** Steps that are done. */
  readonly step: number;
  /** Packed latents [1, N, C] in the model's units. */
  readonly latents: Float32Array;
  readonly history?: StepHistory;
}

export interface DenoiseRequest {
  readonly scheduler: Scheduler;
  readonly schedule: Schedule;
  /** Where to begin: step 0 with noise, or a kept state. */
  readonly state: DenoiseState;
  readonly guidance: { readonly scale: number; readonly rescale: number };
  /** Runs the transformer on packed latents at a timestep. */
  predict(latents: Float32Array, timestep: number): Promise<StepPrediction>;
  /** Standard normal numbers for schedulers that add noise at a step. */
  noise(step: number): Float32Array;
  /** After each step; `denoised` makes the present guess at the clean latents, `x - sigma v` (flow matching). */
  onStep?(state: DenoiseState, denoised: () => Float32Array): void | Promise<void>;
}

/** The denoising loop: predict, guide, step; deterministic, and resumable at any step from its state. */
export async function denoise(request: DenoiseRequest): Promise<DenoiseState> {
  const { scheduler, schedule, guidance } = request;
  let state = request.state;
  for (let index = state.step; index < schedule.timesteps.length; index++) {
    const prediction = await request.predict(state.latents, schedule.timesteps[index]);
    const velocity = guide(prediction, guidance);
    requireFinite(velocity, index);
    const before = state.latents;
    const result = scheduler.step({
      schedule,
      index,
      sample: before,
      modelOutput: velocity,
      ...(scheduler.needsNoise(schedule, index) ? { noise: request.noise(index) } : {}),
      ...(state.history === undefined ? {} : { history: state.history }),
    });
    state = { step: index + 1, latents: result.sample, ...(result.history === undefined ? {} : { history: result.history }) };
    const sigma = schedule.sigmas[index];
    await request.onStep?.(state, () => before.map((value, k) => value - sigma * velocity[k]));
  }
  return state;
}

/** Classifier-free guidance, rescaled when asked for. */
export function guide(prediction: StepPrediction, guidance: { readonly scale: number; readonly rescale: number }): Float32Array {
  const { conditional, unconditional } = prediction;
  if (unconditional === undefined) return conditional;
  const guided = classifierFreeGuidance(conditional, unconditional, guidance.scale);
  return guidance.rescale > 0 ? rescaleGuidance(guided, conditional, guidance.rescale, 1) : guided;
}

function requireFinite(values: Float32Array, step: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  throw new AiprodError('not-finite', `the transformer gave ${values[at]} at step ${step + 1}`, {
    expected: 'finite numbers',
    found: `${values[at]} at element ${at}`,
    hint: 'Check the model with aiprod models verify, or use --dtype f32',
  });
}
