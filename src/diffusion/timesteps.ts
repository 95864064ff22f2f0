import { AiprodError } from '../errors';

/** Training's timesteps: the noise level of a timestep is `timestep / 1000`. */
export const trainTimesteps = 1000;

/**
 * `count` evenly spaced numbers from `start` to `stop`, both included, in doubles: `start + i * step`, the last one exactly
 * `stop` (the rounding of NumPy's `linspace`, which the reference schedules are made with).
 */
export function linspace(start: number, stop: number, count: number): Float64Array {
  const values = new Float64Array(count);
  const step = (stop - start) / (count - 1);
  for (let i = 0; i < count; i++) values[i] = count === 1 ? start : i * step + start;
  if (count > 1) values[count - 1] = stop;
  return values;
}

/** Where the token-count shift is anchored; the field names of a scheduler's config. */
export interface ShiftAnchors {
  base_image_seq_len: number;
  max_image_seq_len: number;
  base_shift: number;
  max_shift: number;
}

/**
 * The shift `mu` of a schedule as a linear function of the number of latent tokens, through
 * (`base_image_seq_len`, `base_shift`) and (`max_image_seq_len`, `max_shift`); extrapolated outside.
 * Esser et al., "Scaling Rectified Flow Transformers", section 5.3.2; `calculate_shift` of the LTX pipelines.
 */
export function calculateShift(tokens: number, anchors: ShiftAnchors): number {
  const slope = (anchors.max_shift - anchors.base_shift) / (anchors.max_image_seq_len - anchors.base_image_seq_len);
  const intercept = anchors.base_shift - slope * anchors.base_image_seq_len;
  return tokens * slope + intercept;
}

/** The unshifted sigmas a text-to-video pipeline asks its scheduler for: `steps` values from 1 down to `1 / steps`. */
export function pipelineSigmas(steps: number): Float64Array {
  return linspace(1, 1 / steps, requireSteps(steps));
}

/**
 * Linear-quadratic schedule: the first half of the steps falls linearly from 1 to `1 - thresholdNoise`, the rest
 * quadratically towards 0, which is not listed. Polyak et al., "Movie Gen", section 3.4.2;
 * `linear_quadratic_schedule` of LTXConditionPipeline.
 *
 * @returns `steps` sigmas, falling from 1
 */
export function linearQuadraticSigmas(
  steps: number,
  thresholdNoise = 0.025,
  linearSteps = Math.floor(requireSteps(steps) / 2),
): Float32Array {
  if (steps < 2) return Float32Array.of(1);
  const quadraticSteps = steps - linearSteps;
  const stepDifference = linearSteps - thresholdNoise * steps;
  const quadratic = stepDifference / (linearSteps * quadraticSteps ** 2);
  const linear = thresholdNoise / linearSteps - (2 * stepDifference) / quadraticSteps ** 2;
  const constant = quadratic * linearSteps ** 2;
  return Float32Array.from({ length: steps }, (_, i) =>
    i < linearSteps ? 1 - (i * thresholdNoise) / linearSteps : 1 - (quadratic * i ** 2 + linear * i + constant),
  );
}

/**
 * The step a run starts at when it refines a given video instead of noise: the last `floor(steps * strength)` steps are
 * done (`get_timesteps` of the LTX pipelines).
 *
 * @param strength 0 (leave as it is) to 1 (all steps)
 */
export function startStep(steps: number, strength: number): number {
  if (!(strength >= 0 && strength <= 1)) {
    throw new AiprodError('bad-usage', 'The denoising strength is out of range', {
      expected: 'a number from 0 to 1',
      found: String(strength),
    });
  }
  return requireSteps(steps) - Math.min(Math.floor(steps * strength), steps);
}

/** `steps` when it is a count of denoising steps, an error otherwise. */
export function requireSteps(steps: number): number {
  if (Number.isInteger(steps) && steps >= 1 && steps <= 100000) return steps;
  throw new AiprodError('bad-usage', 'The number of denoising steps is not usable', {
    expected: 'an integer from 1 to 100000',
    found: String(steps),
  });
}
