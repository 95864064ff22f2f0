/**
 * Exponential moving average of a curve, corrected for its beginning as in Adam (Kingma and Ba 2015, section 3): the first values are not drawn
 * towards 0.
 * @param weight of what went before, 0 (none) to below 1
 */
export function smoothed(values: readonly number[], weight: number): number[] {
  let average = 0;
  let share = 1;
  return values.map((value) => {
    average = weight * average + (1 - weight) * value;
    share *= weight;
    return average / (1 - share);
  });
}

/** At most `most` places of a curve, evenly spread, its last among them: a display has no more columns. */
export function thinned<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, at) => values[Math.round((at * (values.length - 1)) / (most - 1))]);
}
