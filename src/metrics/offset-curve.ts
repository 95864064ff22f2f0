/** How well two series agree at each offset of one against the other. */

/** Agreement of what is seen with what is heard, by how late the sound is. */
export interface OffsetCurve {
  /** Values a second of offset. */
  readonly rate: number;
  /** Place k is the offset (k - steps) / rate seconds. */
  readonly steps: number;
  /** Correlation over the deviation that chance gives series that are as smooth as these. */
  readonly deviations: Float64Array;
  /** Pearson's correlation, -1 to 1. */
  readonly correlations: Float64Array;
}

/**
 * @param seen a value a frame; the first two count as nothing
 * @param heardAt what is heard with a frame when the sound is taken so many seconds later; undefined beyond the sound
 */
export function offsetCurve(
  seen: ArrayLike<number>,
  heardAt: (frame: number, offset: number) => number | undefined,
  { steps, rate }: { readonly steps: number; readonly rate: number },
): OffsetCurve {
  const unshifted = Float64Array.from({ length: seen.length }, (_, frame) => heardAt(frame, 0) ?? 0);
  const scale = Math.sqrt(independentCount(seen, unshifted));
  const found = Array.from({ length: 2 * steps + 1 }, (_, k) => correlationAt(seen, (frame) => heardAt(frame, (k - steps) / rate)));
  return {
    rate,
    steps,
    correlations: Float64Array.from(found, ({ correlation }) => correlation),
    deviations: Float64Array.from(found, ({ correlation, share }) => correlation * scale * Math.sqrt(share)),
  };
}

/** Pearson's correlation over the frames for which there is sound, a share of all; 0 when these are fewer than half, or one side never changes. */
function correlationAt(
  seen: ArrayLike<number>,
  soundAt: (frame: number) => number | undefined,
): { readonly correlation: number; readonly share: number } {
  let count = 0;
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let frame = 2; frame < seen.length; frame++) {
    const heard = soundAt(frame);
    if (heard === undefined) continue;
    const value = seen[frame];
    count++;
    x += value;
    y += heard;
    xx += value * value;
    yy += heard * heard;
    xy += value * heard;
  }
  const share = count / seen.length;
  if (count < 3 || count < (seen.length - 2) / 2) return { correlation: 0, share };
  const spread = Math.sqrt(Math.max(0, xx - (x * x) / count) * Math.max(0, yy - (y * y) / count));
  return { correlation: spread < 1e-12 ? 0 : (xy - (x * y) / count) / spread, share };
}

/**
 * How many unrelated values two smooth series stand for: n / (1 + 2 sum of the products of their autocorrelations), after Bartlett 1946 ("On the
 * theoretical specification and sampling properties of autocorrelated time-series"), to lags of an eighth of their length, at most n.
 */
function independentCount(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  const [a, b] = [autocorrelations(x), autocorrelations(y)];
  let sum = 0;
  for (let lag = 1; lag < a.length; lag++) sum += a[lag] * b[lag];
  return n / Math.max(1, 1 + 2 * sum);
}

function autocorrelations(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  let mean = 0;
  for (let k = 0; k < n; k++) mean += values[k] / n;
  const at = (lag: number): number => {
    let sum = 0;
    for (let k = lag; k < n; k++) sum += (values[k] - mean) * (values[k - lag] - mean);
    return sum;
  };
  const power = at(0);
  return Float64Array.from({ length: Math.max(1, Math.floor(n / 8)) }, (_, lag) => (power < 1e-20 ? 0 : at(lag) / power));
}

/** Share of the best that counts as the same peak: within a frame, offsets are alike. */
const peakShare = 0.9;

/** Where the highest value is: the middle of the neighbours that are almost as high, each by how high it is. A place, with fractions. */
export function peakOf(curve: Float64Array): number {
  const best = curve.indexOf(curve.reduce((most, value) => Math.max(most, value), -Infinity));
  const least = peakShare * curve[best];
  let [first, last] = [best, best];
  while (first > 0 && curve[first - 1] >= least) first--;
  while (last < curve.length - 1 && curve[last + 1] >= least) last++;
  let [weights, places] = [0, 0];
  for (let k = first; k <= last; k++) {
    weights += curve[k];
    places += curve[k] * k;
  }
  return weights === 0 ? best : places / weights;
}
