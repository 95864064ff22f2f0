import { AiprodError } from '../errors';
import {
  classifierFreeGuidance,
  rescaleGuidance,
  trainTimesteps,
  type LatentConditioning,
  type Schedule,
  type Scheduler,
  type StepHistory,
  type StepInput,
} from '../diffusion';

export { trainTimesteps, type LatentConditioning } from '../diffusion';

/** What the transformer says of one step: packed predictions [1, N, C]. */
export interface StepPrediction {
  readonly conditional: Float32Array;
  /** Absent when guidance is off. */
  readonly unconditional?: Float32Array;
}

/** The transformer of a run, bound to its prompt and positions. */
export interface VelocityModel {
  /**
   * @param latents packed [1, N, C]
   * @param timesteps 0 to 1000: [1], or [N] where tokens have timesteps of their own
   */
  predict(latents: Float32Array, timesteps: Float32Array): Promise<StepPrediction>;
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
  readonly model: VelocityModel;
  /** Absent when nothing is given: every token is denoised alike. */
  readonly conditioning?: LatentConditioning;
  /** Standard normal numbers for schedulers that add noise at a step. */
  noise(step: number): Float32Array;
  /** After each step; `denoised` makes the present guess at the clean latents, `x - sigma v` (flow matching). */
  onStep?(state: DenoiseState, denoised: () => Float32Array): void | Promise<void>;
}

/** The denoising loop: predict, guide, step; deterministic, and resumable at any step from its state. */
export async function denoise(request: DenoiseRequest): Promise<DenoiseState> {
  const { scheduler, schedule, guidance, conditioning, model } = request;
  let state = request.state;
  for (let index = state.step; index < schedule.timesteps.length; index++) {
    const timestep = schedule.timesteps[index];
    const before = conditioning?.beforeStep?.(state.latents, timestep, index) ?? state.latents;
    const timesteps = conditioning?.tokenTimesteps(timestep) ?? Float32Array.of(timestep);
    const guided = guide(await model.predict(before, timesteps), guidance);
    requireFinite(guided, index);
    const velocity = conditioning?.velocity?.({ sample: before, velocity: guided, sigma: schedule.sigmas[index] }) ?? guided;
    const input: StepInput = {
      schedule,
      index,
      sample: before,
      modelOutput: velocity,
      ...(scheduler.needsNoise(schedule, index) ? { noise: request.noise(index) } : {}),
      ...(state.history === undefined ? {} : { history: state.history }),
    };
    const result = conditioning?.step === undefined ? scheduler.step(input) : conditioning.step(scheduler, input);
    const latents = conditioning?.hold?.(result.sample, before) ?? result.sample;
    state = { step: index + 1, latents, ...(result.history === undefined ? {} : { history: result.history }) };
    const sigmas =
      conditioning === undefined ? schedule.sigmas.subarray(index, index + 1) : timesteps.map((value) => value / trainTimesteps);
    const channels = before.length / sigmas.length;
    await request.onStep?.(state, () => before.map((value, k) => value - sigmas[Math.floor(k / channels)] * velocity[k]));
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
