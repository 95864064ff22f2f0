import { AiprodError } from '../../errors';
import { conditionedTimesteps, perTokenEulerStep, type Schedule, type Scheduler } from '../schedulers';
import { trainTimesteps } from '../timesteps';
import type { LatentConditioning } from './latent-conditioning';

const fround = Math.fround;

/** How near to 1 a strength must be for a token to count as wholly given, and how near noise levels must be to count as equal. */
export const strengthTolerance = fround(1e-6);

/**
 * Tokens that are given to a degree: each stays at noise level `1 - mask` until the schedule has come down to it, then is denoised
 * with the others. Each token steps to the next lower sigma of the schedule (`LTXConditionPipeline`).
 *
 * @param mask [N], strengths 0 to 1
 */
export function tokenStrengths(
  mask: Float32Array,
  beforeStep?: LatentConditioning['beforeStep'],
): LatentConditioning & Required<Pick<LatentConditioning, 'step'>> {
  return {
    ...(beforeStep === undefined ? {} : { beforeStep }),
    tokenTimesteps: (timestep) => conditionedTimesteps(timestep, mask),
    step(scheduler, { schedule, index, sample, modelOutput }) {
      requireEuler(scheduler, schedule, index);
      const timestep = schedule.timesteps[index];
      const negated = modelOutput.map((value) => -value);
      const stepped = perTokenEulerStep(sample, negated, schedule.sigmas, conditionedTimesteps(timestep, mask), trainTimesteps);
      const level = fround(fround(timestep / trainTimesteps) - strengthTolerance);
      const channels = sample.length / mask.length;
      return { sample: stepped.map((value, k) => (level < fround(1 - mask[Math.floor(k / channels)]) ? value : sample[k])) };
    },
  };
}

/**
 * Puts fresh noise on wholly given tokens before a step, `initial + scale * noise * sigma^2`: livelier motion
 * (`add_noise_to_image_conditioning_latents` of `LTXConditionPipeline`). Undefined where the scale is 0.
 *
 * @param initial [1, N, C] tokens as they are given
 * @param mask [N], strengths 0 to 1
 * @param noise standard normal numbers [1, N, C] of a step
 */
export function imageConditioningNoise(
  initial: Float32Array,
  mask: Float32Array,
  scale: number,
  noise: (step: number, count: number) => Float32Array,
): LatentConditioning['beforeStep'] {
  const weight = fround(scale);
  if (!(weight > 0)) return undefined;
  const channels = initial.length / mask.length;
  const threshold = fround(1 - strengthTolerance);
  return (latents, timestep, step) => {
    const sigma = fround(timestep / trainTimesteps);
    const square = fround(sigma * sigma);
    const draw = noise(step, latents.length);
    return latents.map((value, k) =>
      mask[Math.floor(k / channels)] > threshold ? initial[k] + fround(fround(weight * draw[k]) * square) : value,
    );
  };
}

/** The step is Euler's for each token: no other solver is defined for tokens of different noise levels. */
function requireEuler(scheduler: Scheduler, schedule: Schedule, index: number): void {
  if (scheduler.className === 'FlowMatchEulerDiscreteScheduler' && !scheduler.needsNoise(schedule, index)) return;
  throw new AiprodError('unsupported-model', 'conditions need a scheduler that steps each token on its own', {
    expected: 'FlowMatchEulerDiscreteScheduler without stochastic_sampling',
    found: scheduler.needsNoise(schedule, index) ? `${scheduler.className} with added noise` : scheduler.className,
  });
}
