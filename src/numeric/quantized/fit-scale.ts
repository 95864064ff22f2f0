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
  const count = values.length;
  let extreme = 0;
  for (let k = 0; k < count; k++) if (Math.abs(values[k]) > Math.abs(extreme)) extreme = values[k];
  codes.fill(0);
  if (Math.abs(extreme) < 1e-30) return 0;
  let bestScale = 0;
  let bestGain = -1;
  for (let step = -tries; step <= tries; step++) {
    const inverse = -(half + 0.1 * step) / extreme;
    let products = 0;
    let squares = 0;
    for (let k = 0; k < count; k++) {
      const value = values[k];
      const code = clamp(Math.floor(inverse * value + 0.5), -half, half - 1);
      const weighted = value * value * code;
      products += weighted * value;
      squares += weighted * code;
    }
    // The error with the best scale is a constant less this gain.
    const gain = squares === 0 ? 0 : (products * products) / squares;
    if (gain <= bestGain) continue;
    bestGain = gain;
    bestScale = squares === 0 ? 0 : products / squares;
  }
  const scale = Math.fround(bestScale);
  if (scale !== 0) for (let k = 0; k < count; k++) codes[k] = clamp(Math.round(values[k] / scale), -half, half - 1);
  return scale;
}

/** A line scale * code - minimum. */
export interface ScaleAndMinimum {
  readonly scale: number;
  /** What is taken off; never negative, so that 0 stays within the span. */
  readonly minimum: number;
}

const lineTries = 10;

/** Finds the line through codes from 0 to `levels` that is nearest to the values: both factors are 0 or more. */
export function fitSpan(values: Float32Array, levels: number): ScaleAndMinimum {
  const count = values.length;
  let low = 0;
  let high = values[0];
  let energy = 0;
  for (let k = 0; k < count; k++) {
    const value = values[k];
    if (value < low) low = value;
    if (value > high) high = value;
    energy += value * value;
  }
  // All values the same and not negative: the lowest is 0, so this is 0 everywhere.
  if (high <= low) return { scale: 0, minimum: -low };
  // Weights by magnitude, so that large values come out nearer; the spread keeps small ones from vanishing.
  const spread = Math.sqrt(energy / count);
  let weights = 0;
  let sums = 0;
  for (let k = 0; k < count; k++) {
    const weight = spread + Math.abs(values[k]);
    weights += weight;
    sums += weight * values[k];
  }
  let best = { scale: (high - low) / levels, minimum: -low };
  let bestError = Infinity;
  for (let step = -lineTries; step <= lineTries; step++) {
    const inverse = (levels + 0.1 * step) / (high - low);
    let codes = 0;
    let squares = 0;
    let products = 0;
    for (let k = 0; k < count; k++) {
      const value = values[k];
      // Never negative, so that adding a half and cutting rounds.
      const code = Math.min(Math.floor(inverse * (value - low) + 0.5), levels);
      const weighted = (spread + Math.abs(value)) * code;
      codes += weighted;
      squares += weighted * code;
      products += weighted * value;
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
    // Sum of weight * (scale * code - minimum - value)^2, less the part that no choice changes.
    const error = scale * scale * squares + minimum * minimum * weights - 2 * (scale * minimum * codes + scale * products - minimum * sums);
    if (error >= bestError) continue;
    bestError = error;
    best = { scale, minimum };
  }
  return best;
}
