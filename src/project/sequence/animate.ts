/** Changes of a number that may be keyframed: each gives a new one. Frames are counted from the clip's first. */
import type { Animated, Easing, Keyframe } from './animated';
import { valueAt } from './evaluate';

export const keyframesOf = (animated: Animated): readonly Keyframe[] => (typeof animated === 'number' ? [] : animated.keyframes);

export const keyframeAt = (animated: Animated, frame: number): Keyframe | undefined =>
  keyframesOf(animated).find((keyframe) => keyframe.frame === frame);

/** Nearest keyframes before and after a frame. */
export function neighboursAt(
  animated: Animated,
  frame: number,
): { readonly before: Keyframe | undefined; readonly after: Keyframe | undefined } {
  const all = keyframesOf(animated);
  return { before: all.findLast((keyframe) => keyframe.frame < frame), after: all.find((keyframe) => keyframe.frame > frame) };
}

/** The keyframe whose easing is under way at a frame: the last one that is not after it; undefined before the first, and after the last. */
export function easedKeyframe(animated: Animated, frame: number): Keyframe | undefined {
  const all = keyframesOf(animated);
  const at = all.findLastIndex((keyframe) => keyframe.frame <= frame);
  return at === all.length - 1 ? undefined : all[at];
}

/** The number with another value at a frame: of its keyframe there, which is made where others are; without keyframes, at all times. */
export function withValue(animated: Animated, frame: number, value: number): Animated {
  return typeof animated === 'number' ? value : withKeyframe(animated, frame, value);
}

/** The number with a keyframe at a frame, by default of the value that it has there. An easing that is parted is kept by both parts. */
export function withKeyframe(animated: Animated, frame: number, value = valueAt(animated, frame)): Animated {
  const all = keyframesOf(animated);
  const easing = keyframeAt(animated, frame)?.easing ?? easedKeyframe(animated, frame)?.easing ?? 'linear';
  const others = all.filter((keyframe) => keyframe.frame !== frame);
  return { keyframes: [...others, { frame, value, easing }].toSorted((a, b) => a.frame - b.frame) };
}

/** The number without its keyframe at a frame; with the last one it is a plain number again. */
export function withoutKeyframe(animated: Animated, frame: number): Animated {
  const all = keyframesOf(animated);
  const left = all.filter((keyframe) => keyframe.frame !== frame);
  if (left.length === all.length) return animated;
  return left.length === 0 ? all[0].value : { keyframes: left };
}

/** The number with another way from a keyframe to the next. */
export function withEasing(animated: Animated, frame: number, easing: Easing): Animated {
  if (typeof animated === 'number') return animated;
  return { keyframes: animated.keyframes.map((keyframe) => (keyframe.frame === frame ? { ...keyframe, easing } : keyframe)) };
}
