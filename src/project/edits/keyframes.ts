/** Every number of a clip that may be keyframed, changed by one function. */
import type { Draft } from 'immer';
import type { Animated, Keyframe } from '../sequence/animated';
import type { ClipDraft } from './draft';

type AnimatedDraft = Draft<Animated>;

const transformed = ['x', 'y', 'scale', 'rotation', 'cropLeft', 'cropRight', 'cropTop', 'cropBottom'] as const;

/** Replaces the keyframes of every number that has some; those that are left out are gone, but one always stays. */
export function mapKeyframes(clip: ClipDraft, change: (keyframe: Keyframe) => Keyframe): void {
  const map = (value: AnimatedDraft): AnimatedDraft =>
    typeof value === 'number' ? value : { keyframes: eachFrameOnce(value.keyframes.map((keyframe) => change(keyframe))) };
  const mapIn = <Name extends string>(values: Record<Name, AnimatedDraft>, names: readonly Name[]): void => {
    for (const name of names) if (typeof values[name] !== 'number') values[name] = map(values[name]);
  };
  if (clip.kind === 'sound') {
    mapIn(clip, ['gain', 'pan']);
    return;
  }
  mapIn(clip, ['opacity']);
  mapIn(clip.transform, transformed);
  for (const { parameters } of clip.effects) mapIn(parameters, Object.keys(parameters));
}

/** Keyframes count from the clip's first frame: where that moves within the media, they stay with their pictures. */
export function shiftKeyframes(clip: ClipDraft, by: number): void {
  if (by !== 0) mapKeyframes(clip, (keyframe) => ({ ...keyframe, frame: keyframe.frame + by }));
}

/** In order of frames; of several at one frame the last stays. */
function eachFrameOnce(keyframes: readonly Keyframe[]): Draft<Keyframe>[] {
  const byFrame = new Map<number, Draft<Keyframe>>();
  for (const keyframe of keyframes) byFrame.set(keyframe.frame, structuredClone<Draft<Keyframe>>({ ...keyframe }));
  return [...byFrame.values()].sort((one, other) => one.frame - other.frame);
}
