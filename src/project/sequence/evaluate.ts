import type { Animated, Easing, Keyframe } from './animated';

/** A cubic Bezier easing: the points (x1, y1) and (x2, y2) between (0, 0) and (1, 1). */
export type BezierEasing = readonly [x1: number, y1: number, x2: number, y2: number];

/** The named easings as curves (CSS Easing Functions Level 2, section 2.2). */
const namedEasings = {
  linear: [0, 0, 1, 1],
  'ease-in': [0.42, 0, 1, 1],
  'ease-out': [0, 0, 0.58, 1],
  'ease-in-out': [0.42, 0, 0.58, 1],
} as const satisfies Partial<Record<Extract<Easing, string>, BezierEasing>>;

/** The curve of an easing; null for `hold`, which jumps at the next keyframe. */
export function bezierOf(easing: Easing): BezierEasing | null {
  if (typeof easing !== 'string') return easing;
  return easing === 'hold' ? null : namedEasings[easing];
}

/**
 * How far a value has gone from a keyframe to the next.
 * @param progress share of the time between them, 0 to 1
 * @returns 0 at the first, 1 at the second; a curve may leave that range in between
 */
export function eased(easing: Easing, progress: number): number {
  if (progress <= 0) return 0;
  if (progress >= 1) return 1;
  const curve = bezierOf(easing);
  if (curve === null) return 0;
  const [x1, y1, x2, y2] = curve;
  if (x1 === y1 && x2 === y2) return progress;
  return cubic(y1, y2, parameterAt(x1, x2, progress));
}

/** B(t) of the cubic Bezier from 0 over a and b to 1. */
const cubic = (a: number, b: number, t: number): number => ((1 - 3 * b + 3 * a) * t + (3 * b - 6 * a)) * t * t + 3 * a * t;

const slope = (a: number, b: number, t: number): number => (3 * (1 - 3 * b + 3 * a) * t + 2 * (3 * b - 6 * a)) * t + 3 * a;

/** The t at which x(t) = x. x(t) does not fall, since x1 and x2 lie in 0 to 1: Newton's steps, kept inside the bracket by halving it. */
function parameterAt(x1: number, x2: number, x: number): number {
  let [low, high] = [0, 1];
  let t = x;
  for (let step = 0; step < 64; step++) {
    const error = cubic(x1, x2, t) - x;
    if (Math.abs(error) < 1e-14) return t;
    if (error > 0) high = t;
    else low = t;
    const next = t - error / slope(x1, x2, t);
    t = next > low && next < high ? next : (low + high) / 2;
  }
  return t;
}

/**
 * The value at a frame counted from the clip's first; fractions of frames are meant, for sound. It holds its first keyframe before it, and its
 * last one after it.
 */
export function valueAt(animated: Animated, frame: number): number {
  if (typeof animated === 'number') return animated;
  const { keyframes } = animated;
  const next = firstAfter(keyframes, frame);
  if (next === 0) return keyframes[0].value;
  const from = keyframes[next - 1];
  if (next === keyframes.length) return from.value;
  const to = keyframes[next];
  return from.value + (to.value - from.value) * eased(from.easing, (frame - from.frame) / (to.frame - from.frame));
}

/** Index of the first keyframe after a frame. */
function firstAfter(keyframes: readonly Keyframe[], frame: number): number {
  let [low, high] = [0, keyframes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyframes[middle].frame > frame) high = middle;
    else low = middle + 1;
  }
  return low;
}
