/** Points of a curve in order of x, each x once. */
export type CurvePoints = readonly (readonly [x: number, y: number])[];

/**
 * A curve through points that never leaves the range of two neighbours, as a function of x; level before the first point and after the last.
 *
 * A cubic Hermite spline with the slopes of F. N. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic interpolants"
 * (1984), which meet the condition of Fritsch and Carlson (1980): the weighted harmonic mean of the two neighbours' slopes, 0 where they turn. At
 * the ends the three-point formula of C. Moler, "Numerical Computing with MATLAB" (2004), section 3.4, kept monotone.
 */
export function monotoneCurve(points: CurvePoints): (x: number) => number {
  const steps = points.slice(1).map(([x], at) => x - points[at][0]);
  const rises = steps.map((step, at) => (points[at + 1][1] - points[at][1]) / step);
  const slopes = slopesOf(steps, rises);
  return (x) => {
    if (x <= points[0][0]) return points[0][1];
    const next = points.findIndex(([end]) => end >= x);
    if (next === -1) return points[points.length - 1][1];
    const at = next - 1;
    const [h, t] = [steps[at], (x - points[at][0]) / steps[at]];
    const rest = 1 - t;
    return (
      points[at][1] * (1 + 2 * t) * rest * rest +
      h * slopes[at] * t * rest * rest +
      points[next][1] * t * t * (3 - 2 * t) -
      h * slopes[next] * t * t * rest
    );
  };
}

function slopesOf(steps: readonly number[], rises: readonly number[]): number[] {
  if (rises.length === 1) return [rises[0], rises[0]];
  const inner = rises.slice(1).map((after, at) => {
    const before = rises[at];
    if (before * after <= 0) return 0;
    const [first, second] = [2 * steps[at + 1] + steps[at], steps[at + 1] + 2 * steps[at]];
    return (first + second) / (first / before + second / after);
  });
  const last = rises.length - 1;
  return [endSlope(steps[0], steps[1], rises[0], rises[1]), ...inner, endSlope(steps[last], steps[last - 1], rises[last], rises[last - 1])];
}

function endSlope(step: number, nextStep: number, rise: number, nextRise: number): number {
  const slope = ((2 * step + nextStep) * rise - step * nextRise) / (step + nextStep);
  if (slope * rise <= 0) return 0;
  return rise * nextRise <= 0 && Math.abs(slope) > 3 * Math.abs(rise) ? 3 * rise : slope;
}
