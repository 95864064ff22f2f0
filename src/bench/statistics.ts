/** Figures of repeated measurements. Medians and minimums: on a shared machine the mean says what the neighbours did. */
import { median } from '../numeric/median';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/**
 * Ratios of two interleaved series, round by round: what slows the machine down for a while slows both halves of a round.
 * @returns the spread of `theirs[k] / ours[k]`: above 1, ours is the faster.
 */
export function roundRatios(theirs: readonly number[], ours: readonly number[]): Spread {
  if (theirs.length !== ours.length || ours.length === 0)
    throw new RangeError(`rounds of ${theirs.length} and ${ours.length} measurements cannot be paired`);
  return spread(theirs.map((seconds, round) => seconds / ours[round]));
}

/** Norm of the difference over norm of the expected values; infinite when the lengths differ or a value is not finite. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let k = 0; k < expected.length; k++) {
    difference += (actual[k] - expected[k]) ** 2;
    norm += expected[k] ** 2;
  }
  const relative = norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
  return Number.isFinite(relative) ? relative : Infinity;
}
