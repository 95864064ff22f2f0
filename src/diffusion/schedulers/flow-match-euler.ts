import { z } from 'zod';
import { AiprodError } from '../../errors';
import { linspace, requireSteps } from '../timesteps';
import { betaSigmas, exponentialSigmas, karrasSigmas, shiftSigma, stretchToTerminal, timeShiftSigma } from './sigma-schedules';
import type { Schedule, Scheduler, ScheduleRequest, StepInput, StepResult } from './scheduler';
import { requireSameLength, stepNoise, stepSigmas } from './scheduler';

const fround = Math.fround;

/** Config of diffusers' FlowMatchEulerDiscreteScheduler, its field names and defaults. */
export const flowMatchEulerConfigSchema = z
  .object({
    num_train_timesteps: z.number().int().positive().default(1000),
    shift: z.number().positive().default(1),
    use_dynamic_shifting: z.boolean().default(false),
    base_shift: z
      .number()
      .nullish()
      .transform((value) => value ?? 0.5),
    max_shift: z
      .number()
      .nullish()
      .transform((value) => value ?? 1.15),
    base_image_seq_len: z
      .number()
      .int()
      .positive()
      .nullish()
      .transform((value) => value ?? 256),
    max_image_seq_len: z
      .number()
      .int()
      .positive()
      .nullish()
      .transform((value) => value ?? 4096),
    invert_sigmas: z.boolean().default(false),
    shift_terminal: z.number().min(0).lt(1).nullable().default(null),
    use_karras_sigmas: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    use_exponential_sigmas: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    use_beta_sigmas: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    time_shift_type: z.enum(['exponential', 'linear']).default('exponential'),
    stochastic_sampling: z.boolean().default(false),
  })
  .refine((config) => Number(config.use_karras_sigmas) + Number(config.use_exponential_sigmas) + Number(config.use_beta_sigmas) < 2, {
    message: 'at most one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas can be true',
  });

export type FlowMatchEulerConfig = z.infer<typeof flowMatchEulerConfigSchema>;

/** The count of steps a request means; its lists must agree with it and with each other. */
export function requestedSteps(request: ScheduleRequest): number {
  const counts = [request.steps, request.sigmas?.length, request.timesteps?.length].filter((n) => n !== undefined);
  if (counts.length === 0 || counts.some((count) => count !== counts[0])) {
    throw new AiprodError('bad-usage', 'The schedule is not determined', {
      expected: 'steps, sigmas or timesteps, of the same length where several are given',
      found: `steps ${request.steps}, ${request.sigmas?.length} sigmas, ${request.timesteps?.length} timesteps`,
    });
  }
  return requireSteps(counts[0]);
}

/** `mu` of a request, which must be there for a config with dynamic shifting. */
export function requiredMu(mu: number | undefined): number {
  if (mu !== undefined) return mu;
  throw new AiprodError('bad-usage', 'This scheduler shifts its sigmas by the number of tokens', {
    expected: 'mu (see calculateShift)',
    found: 'none',
  });
}

/** The sigmas before any shift, and whether the reference has them in float32. */
function unshiftedSigmas(config: FlowMatchEulerConfig, request: ScheduleRequest, steps: number): [Float64Array, boolean] {
  const train = config.num_train_timesteps;
  if (request.sigmas !== undefined) return [Float64Array.from(request.sigmas, fround), true];
  if (request.timesteps !== undefined) {
    return [Float64Array.from(request.timesteps, (timestep) => fround(fround(timestep) / train)), true];
  }
  // Training's extreme sigmas, 1 and 1 / num_train_timesteps, already shifted where the shift is static.
  const extreme = (timestep: number): number => {
    const sigma = fround(timestep / train);
    return (config.use_dynamic_shifting ? sigma : shiftSigma(sigma, config.shift, fround)) * train;
  };
  return [linspace(extreme(train), extreme(1), steps).map((timestep) => timestep / train), false];
}

/**
 * Sigmas and timesteps of flow matching (`set_timesteps`): unshifted sigmas, then the static or the resolution-dependent
 * shift, then the stretch to `shift_terminal`, then a Karras, exponential or beta respacing; a final 0 (1 if inverted).
 */
export function flowMatchSchedule(given: FlowMatchEulerConfig, request: ScheduleRequest): Schedule {
  const config = request.shift === undefined ? given : { ...given, shift: request.shift };
  const steps = requestedSteps(request);
  const train = config.num_train_timesteps;
  const [unshifted, single] = unshiftedSigmas(config, request, steps);
  const round = single ? fround : (value: number): number => value;

  let shifted: Float64Array;
  if (config.use_dynamic_shifting) {
    const mu = requiredMu(request.mu);
    shifted = unshifted.map((sigma) => timeShiftSigma(sigma, mu, config.time_shift_type, round));
  } else {
    shifted = unshifted.map((sigma) => shiftSigma(sigma, config.shift, round));
  }
  if (config.shift_terminal) shifted = stretchToTerminal(shifted, config.shift_terminal, round);
  if (config.use_karras_sigmas) shifted = karrasSigmas(shifted);
  else if (config.use_exponential_sigmas) shifted = exponentialSigmas(shifted);
  else if (config.use_beta_sigmas) shifted = betaSigmas(shifted);

  const sigmas = new Float32Array(steps + 1);
  sigmas.set(shifted);
  if (config.invert_sigmas) {
    for (let i = 0; i < steps; i++) sigmas[i] = 1 - sigmas[i];
    sigmas[steps] = 1;
  }
  const shown = config.invert_sigmas ? undefined : request.timesteps;
  const timesteps = shown === undefined ? sigmas.slice(0, steps).map((sigma) => sigma * train) : Float32Array.from(shown);
  return { sigmas, timesteps };
}

/** Euler step of the probability-flow ODE: `sample + (sigmaNext - sigma) * velocity`, in f32. */
export function eulerStep(sample: Float32Array, velocity: Float32Array, sigma: number, sigmaNext: number): Float32Array {
  const dt = fround(sigmaNext - sigma);
  return sample.map((x, i) => x + fround(dt * velocity[i]));
}

/** Denoises fully, then adds new noise up to the next level: `(1 - sigmaNext) (sample - sigma velocity) + sigmaNext noise`. */
export function stochasticStep(
  sample: Float32Array,
  velocity: Float32Array,
  sigma: number,
  sigmaNext: number,
  noise: Float32Array,
): Float32Array {
  const keep = fround(1 - sigmaNext);
  return sample.map((x, i) => {
    const clean = fround(x - fround(sigma * velocity[i]));
    return fround(keep * clean) + fround(sigmaNext * noise[i]);
  });
}

/**
 * Euler step where every token has its own noise level, as LTXConditionPipeline conditions on frames: each token goes down
 * to the next lower sigma of the schedule. `dt = sigma - sigmaNext` is positive, so the caller passes the negated velocity.
 *
 * @param sample [B, S, C]
 * @param tokenTimesteps [B, S], 0 to num_train_timesteps; a token at 0 stays
 */
export function perTokenEulerStep(
  sample: Float32Array,
  negatedVelocity: Float32Array,
  sigmas: Float32Array,
  tokenTimesteps: Float32Array,
  trainTimesteps = 1000,
): Float32Array {
  requireSameLength('model output', sample, negatedVelocity);
  const channels = sample.length / tokenTimesteps.length;
  if (!Number.isInteger(channels)) {
    throw new AiprodError('shape-mismatch', 'The token timesteps do not fit the sample', {
      expected: `a divisor of ${sample.length} elements`,
      found: `${tokenTimesteps.length} timesteps`,
    });
  }
  const steps = tokenTimesteps.map((timestep) => {
    const sigma = fround(timestep / trainTimesteps);
    const below = fround(sigma - fround(1e-6));
    const next = sigmas.reduce((highest, candidate) => (candidate < below ? Math.max(highest, candidate) : highest), 0);
    return sigma - next;
  });
  return sample.map((x, i) => x + fround(steps[Math.floor(i / channels)] * negatedVelocity[i]));
}

/** Timesteps [B, S] of tokens held at noise level `1 - mask` (mask 1: a given, clean token) while the schedule is at `timestep`. */
export function conditionedTimesteps(timestep: number, conditioningMask: Float32Array, trainTimesteps = 1000): Float32Array {
  return conditioningMask.map((mask) => Math.min(timestep, fround(fround(1 - mask) * trainTimesteps)));
}

/** The forward process: `sigma * noise + (1 - sigma) * sample`, in f32 (`scale_noise`). */
export function scaleNoise(sample: Float32Array, sigma: number, noise: Float32Array): Float32Array {
  requireSameLength('noise', sample, noise);
  const level = fround(sigma);
  const keep = fround(1 - level);
  return sample.map((x, i) => fround(level * noise[i]) + fround(keep * x));
}

/** FlowMatchEulerDiscreteScheduler as a {@link Scheduler}. */
export function flowMatchEulerScheduler(config: FlowMatchEulerConfig): Scheduler {
  return {
    className: 'FlowMatchEulerDiscreteScheduler',
    schedule: (request) => flowMatchSchedule(config, request),
    needsNoise: () => config.stochastic_sampling,
    step(input: StepInput): StepResult {
      const { sigma, sigmaNext } = stepSigmas(input);
      const { sample, modelOutput } = input;
      if (!config.stochastic_sampling) return { sample: eulerStep(sample, modelOutput, sigma, sigmaNext) };
      return { sample: stochasticStep(sample, modelOutput, sigma, sigmaNext, stepNoise(input)) };
    },
  };
}
