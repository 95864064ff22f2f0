import { clamp } from './codec';

/**
 * Scales by least squares. For fixed codes q the best scale is a ratio of sums; the codes come from a scale that is a little
 * off the obvious one. So: try several, keep the one with the least error. Squares of large values weigh more (weight x^2),
 * which keeps what matters most to a product of matrices.
 */

const tries = 9;

/**
 * Finds codes from -half to half - 1 and the scale for which scale * code is nearest to the values.
 * @param codes receives the codes
 * @returns the scale, rounded to f32; 0 when all values are (next to) 0. It is negative when the largest magnitude belongs to a
 *   positive value, so that this value gets the code -half, of which there is no positive counterpart.
 */
export function fitSymmetric(values: Float32Array, half: number, codes: Int8Array): number {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  codes.fill(0);
  if (Math.abs(extreme) < 1e-30) return 0;
  let bestScale = 0;
  let bestGain = -1;
  for (let step = -tries; step <= tries; step++) {
    const inverse = -(half + 0.1 * step) / extreme;
    let products = 0;
    let squares = 0;
    for (const value of values) {
      const code = clamp(Math.round(inverse * value), -half, half - 1);
      const weight = value * value;
      products += weight * value * code;
      squares += weight * code * code;
    }
    // The error with the best scale is a constant less this gain.
    const gain = squares === 0 ? 0 : (products * products) / squares;
    if (gain <= bestGain) continue;
    bestGain = gain;
    bestScale = squares === 0 ? 0 : products / squares;
  }
  const scale = Math.fround(bestScale);
  if (scale !== 0) for (let k = 0; k < values.length; k++) codes[k] = clamp(Math.round(values[k] / scale), -half, half - 1);
  return scale;
}

/** A line scale * code - minimum. */
export interface ScaleAndMinimum {
  readonly scale: number;
  /** What is taken off; never negative, so that 0 stays within the span. */
  readonly minimum: number;
}

/** Finds the line through codes from 0 to `levels` that is nearest to the values: both factors are 0 or more. */
export function fitSpan(values: Float32Array, levels: number): ScaleAndMinimum {
  let low = 0;
  let high = values[0];
  let energy = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    energy += value * value;
  }
  // All values the same and not negative: the lowest is 0, so this is 0 everywhere.
  if (high <= low) return { scale: 0, minimum: -low };
  const spread = Math.sqrt(energy / values.length);
  let best = { scale: (high - low) / levels, minimum: -low };
  let bestError = spanError(values, levels, best, spread);
  for (let step = -10; step <= 10; step++) {
    const inverse = (levels + 0.1 * step) / (high - low);
    let weights = 0;
    let codes = 0;
    let squares = 0;
    let products = 0;
    let sums = 0;
    for (const value of values) {
      const weight = spread + Math.abs(value);
      const code = clamp(Math.round(inverse * (value - low)), 0, levels);
      weights += weight;
      codes += weight * code;
      squares += weight * code * code;
      sums += weight * value;
      products += weight * value * code;
    }
    const determinant = weights * squares - codes * codes;
    if (determinant <= 0) continue;
    let scale = (weights * products - sums * codes) / determinant;
    let minimum = -(squares * sums - codes * products) / determinant;
    if (minimum < 0) {
      minimum = 0;
      scale = products / squares;
    }
    if (!(scale > 0)) continue;
    const error = spanError(values, levels, { scale, minimum }, spread);
    if (error >= bestError) continue;
    bestError = error;
    best = { scale, minimum };
  }
  return best;
}

function spanError(values: Float32Array, levels: number, { scale, minimum }: ScaleAndMinimum, spread: number): number {
  let error = 0;
  for (const value of values) {
    const code = clamp(Math.round((value + minimum) / scale), 0, levels);
    const difference = scale * code - minimum - value;
    error += (spread + Math.abs(value)) * difference * difference;
  }
  return error;
}
