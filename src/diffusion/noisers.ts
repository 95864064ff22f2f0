import { AiprodError } from '../errors';
import { scaleNoise, scheduleFrom, type Schedule } from './schedulers';
import { requireSameLength } from './schedulers/scheduler';
import { startStep } from './timesteps';

const fround = Math.fround;

/**
 * Noisers: what denoising begins with. Pure functions of the noise they are given; where it comes from (a seed) is the
 * pipeline's. The full noiser is {@link scaleNoise} at sigma 1: the noise itself.
 */

/**
 * Noise masked per token: a token that is given to a degree gets `m noise + (1 - m) clean` with `m = sigma (1 - strength)`
 * (`GaussianNoiser` of LTX-2, whose denoise mask is `1 - strength`).
 *
 * @param clean packed latents [1, N, C]
 * @param strengths [N], 0 (free) to 1 (kept)
 * @param sigma 0 to 1, that of free tokens
 */
export function noiseTokens(clean: Float32Array, noise: Float32Array, sigma: number, strengths: Float32Array): Float32Array {
  requireSameLength('noise', clean, noise);
  const channels = clean.length / strengths.length;
  if (!Number.isInteger(channels)) {
    throw new AiprodError('shape-mismatch', 'the strengths do not fit the tokens', {
      expected: `a divisor of ${clean.length} elements`,
      found: `${strengths.length} strengths`,
    });
  }
  return clean.map((value, k) => {
    const level = fround(fround(sigma) * fround(1 - strengths[Math.floor(k / channels)]));
    return fround(level * noise[k]) + fround(fround(1 - level) * value);
  });
}

export interface PartialStart {
  /** What is left of the schedule. */
  readonly schedule: Schedule;
  /** The given latents, noised to the level that it begins at. */
  readonly latents: Float32Array;
}

/**
 * The start of a run that refines given latents (video to video): the last `floor(steps * strength)` steps of a schedule, from the
 * latents with as much noise as the first of them is for (SDEdit, Meng et al. 2021; `get_timesteps` of the LTX pipelines).
 *
 * @param strength 0 (leave as it is) to 1 (all steps)
 */
export function startFromVideo(schedule: Schedule, strength: number, latents: Float32Array, noise: Float32Array): PartialStart {
  const rest = scheduleFrom(schedule, startStep(schedule.timesteps.length, strength));
  const sigma = rest.timesteps.length === 0 ? 0 : rest.sigmas[0];
  return { schedule: rest, latents: scaleNoise(latents, sigma, noise) };
}
