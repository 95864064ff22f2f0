import { z } from 'zod';
import { AiprodError } from '../../errors';
import { flowMatchEulerConfigSchema, flowMatchSchedule } from './flow-match-euler';
import type { Schedule, Scheduler, ScheduleRequest, StepInput, StepResult } from './scheduler';
import { stepNoise, stepSigmas } from './scheduler';

const fround = Math.fround;

/** Config of diffusers' LTXEulerAncestralRFScheduler; schedules follow the flow-match fields, as in `from_config`. */
export const ltxEulerAncestralConfigSchema = flowMatchEulerConfigSchema.and(
  z.object({
    /** 0 is deterministic, 1 the default amount of fresh noise. */
    eta: z.number().min(0).default(1),
    /** Scale of the fresh noise. */
    s_noise: z.number().min(0).default(1),
  }),
);

export type LtxEulerAncestralConfig = z.infer<typeof ltxEulerAncestralConfigSchema>;

/** The flow-match schedule, or the explicit sigmas (with their final 0) as they are; `timesteps` are a name for them. */
export function ltxEulerAncestralSchedule(config: LtxEulerAncestralConfig, request: ScheduleRequest): Schedule {
  const explicit = request.sigmas ?? request.timesteps;
  if (explicit === undefined) return flowMatchSchedule(config, request);
  if (explicit.length < 2) {
    throw new AiprodError('bad-usage', 'The list of sigmas is too short', {
      expected: 'the sigmas of every step and the final 0',
      found: `${explicit.length} value(s)`,
    });
  }
  const sigmas = Float32Array.from(explicit);
  return { sigmas, timesteps: sigmas.slice(0, -1).map((sigma) => sigma * config.num_train_timesteps) };
}

/** The coefficients of {@link ltxEulerAncestralStep}, in f32. */
function ancestralCoefficients(sigma: number, sigmaNext: number, eta: number): { ratio: number; scale: number; renoise: number } {
  const square = (value: number): number => fround(value * value);
  const downstep = fround(1 + fround(fround(fround(sigmaNext / sigma) - 1) * fround(eta)));
  const sigmaDown = fround(sigmaNext * downstep);
  const alphaNext = fround(1 - sigmaNext);
  const alphaDown = fround(1 - sigmaDown);
  const removed = fround(fround(square(sigmaDown) * square(alphaNext)) / fround(square(alphaDown) + fround(1e-12)));
  return {
    ratio: fround(sigmaDown / sigma),
    scale: fround(alphaNext / fround(alphaDown + fround(1e-12))),
    renoise: fround(Math.sqrt(Math.max(0, fround(square(sigmaNext) - removed)))),
  };
}

/**
 * Ancestral Euler step for rectified flow (ComfyUI's `sample_euler_ancestral_RF`): goes down to
 * `sigmaDown = sigmaNext (1 + (sigmaNext / sigma - 1) eta)` deterministically, then back up to `sigmaNext` with fresh noise.
 *
 *     x0 = x - sigma v;   x' = r x + (1 - r) x0 with r = sigmaDown / sigma
 *     result = (1 - sigmaNext)/(1 - sigmaDown) x' + s_noise sqrt(sigmaNext^2 - sigmaDown^2 (1 - sigmaNext)^2/(1 - sigmaDown)^2) noise
 *
 * At `sigmaNext` 0 the result is x0 and no noise is taken.
 */
export function ltxEulerAncestralStep(config: Pick<LtxEulerAncestralConfig, 'eta' | 's_noise'>, input: StepInput): StepResult {
  const { sigma, sigmaNext } = stepSigmas(input);
  const { sample, modelOutput } = input;
  const denoised = sample.map((x, i) => x - fround(sigma * modelOutput[i]));
  if (sigmaNext < 1e-8) return { sample: denoised };
  const { ratio, scale, renoise } = ancestralCoefficients(sigma, sigmaNext, config.eta);
  const rest = fround(1 - ratio);
  const down = sample.map((x, i) => fround(ratio * x) + fround(rest * denoised[i]));
  if (config.eta === 0 || config.s_noise === 0) return { sample: down };
  const noise = stepNoise(input);
  const amount = fround(config.s_noise);
  return { sample: down.map((x, i) => fround(scale * x) + fround(fround(noise[i] * renoise) * amount)) };
}

/** LTXEulerAncestralRFScheduler as a {@link Scheduler}. */
export function ltxEulerAncestralScheduler(config: LtxEulerAncestralConfig): Scheduler {
  return {
    className: 'LTXEulerAncestralRFScheduler',
    schedule: (request) => ltxEulerAncestralSchedule(config, request),
    needsNoise: (schedule, index) => config.eta > 0 && config.s_noise > 0 && schedule.sigmas[index + 1] >= 1e-8,
    step: (input) => ltxEulerAncestralStep(config, input),
  };
}
