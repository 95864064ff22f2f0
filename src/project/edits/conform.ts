import { produce, type Draft } from 'immer';
import type { FrameRate } from '../../media';
import { add, compare, divide, multiply, rational, subtract, toNumber, type Rational } from '../rational';
import type { Animated } from '../sequence/animated';
import { endOf, type Clip } from '../sequence/clip';
import { sequenceFrames, type Sequence } from '../sequence/sequence';
import type { Edit } from '../undo';
import { settled, type ClipDraft } from './draft';
import { mapKeyframes } from './keyframes';
import { frameSeconds, nearest } from './source-time';

export interface SequenceShape {
  readonly width: number;
  readonly height: number;
  readonly rate: FrameRate;
}

/** Gives the sequence another size or rate: clips keep their times to the nearest frame, and their place in the picture. */
export const conform = (shape: Partial<SequenceShape>): Edit =>
  settled((draft) => {
    const { width = draft.width, height = draft.height, rate = draft.rate } = shape;
    const across = width / draft.width;
    const down = height / draft.height;
    const ratio = divide(frameSeconds(draft.rate), frameSeconds(rate));
    const inFrames = (frame: number): number => nearest(multiply(rational(frame), ratio));
    const changesRate = compare(ratio, rational(1)) !== 0;
    const before = frameSeconds(draft.rate);
    const anchors = new Map<string, { readonly from: number; readonly to: number }>();
    const tracks = draft.tracks.map(({ clips }) => clips);
    // Rounding moves a clip by up to half a frame. Clips of a group moved by different parts of one are brought back in step.
    const retime = (clip: ClipDraft, from: number): void => {
      if (clip.link === undefined || clip.kind === 'title') return;
      const anchor = anchors.get(clip.link);
      if (anchor === undefined) {
        anchors.set(clip.link, { from, to: clip.start });
        return;
      }
      const was = multiply(rational(from - anchor.from), before);
      const is = multiply(rational(clip.start - anchor.to), frameSeconds(rate));
      const moved = add(clip.sourceStart, multiply(subtract(is, was), clip.speed));
      clip.sourceStart = moved.numerator < 0 ? zero : moved;
    };
    for (const clips of changesRate ? tracks : []) {
      let end = 0;
      for (const clip of clips) {
        const from = clip.start;
        const to = inFrames(endOf(clip));
        clip.start = Math.max(end, inFrames(from));
        clip.duration = Math.max(1, to - clip.start);
        clip.fadeIn = inFrames(clip.fadeIn);
        clip.fadeOut = inFrames(clip.fadeOut);
        mapKeyframes(clip, (keyframe) => ({ ...keyframe, frame: inFrames(keyframe.frame) }));
        retime(clip, from);
        end = endOf(clip);
      }
    }
    if (changesRate) for (const marker of draft.markers) marker.frame = inFrames(marker.frame);
    if (across !== 1 || down !== 1) {
      for (const clips of tracks) {
        for (const clip of clips) {
          if (clip.kind === 'sound') continue;
          scale(clip.transform, 'x', across);
          scale(clip.transform, 'y', down);
        }
      }
    }
    draft.width = width;
    draft.height = height;
    if (changesRate) draft.rate = { ...rate };
  });

export interface ConformReport {
  /** Frames of the whole, before and after. */
  readonly frames: { readonly before: number; readonly after: number };
  readonly clips: number;
  /** Clips whose start or end comes to lie at another time, for frames of the new rate are elsewhere. */
  readonly moved: number;
  /** Seconds by which an edge of a clip moves at most. */
  readonly most: number;
  /** Keyframes that fall onto the frame of another and are gone. */
  readonly keyframesLost: number;
  /** Markers that come to stand on a frame with another. */
  readonly markersMet: number;
  /** Whether width to height changes: pictures then stand between bars. */
  readonly aspect: boolean;
}

/** What `conform` would change. */
export function conformReport(sequence: Sequence, shape: Partial<SequenceShape>): ConformReport {
  const after = produce(sequence, conform(shape));
  const before = allClips(sequence);
  const conformed = new Map(allClips(after).map((clip) => [clip.id, clip]));
  const [second, newSecond] = [toNumber(frameSeconds(sequence.rate)), toNumber(frameSeconds(after.rate))];
  const shifts = before.map((clip) => {
    const now = conformed.get(clip.id) ?? clip;
    return Math.max(Math.abs(now.start * newSecond - clip.start * second), Math.abs(endOf(now) * newSecond - endOf(clip) * second));
  });
  const markerFrames = (of: Sequence): number => new Set(of.markers.map(({ frame }) => frame)).size;
  return {
    frames: { before: sequenceFrames(sequence), after: sequenceFrames(after) },
    clips: before.length,
    moved: shifts.filter((shift) => shift > 1e-6).length,
    most: Math.max(0, ...shifts),
    keyframesLost: keyframeCount(before) - keyframeCount(allClips(after)),
    markersMet: markerFrames(sequence) - markerFrames(after),
    aspect: sequence.width * after.height !== after.width * sequence.height,
  };
}

const allClips = ({ tracks }: Sequence): Clip[] => tracks.flatMap(({ clips }) => clips);

function keyframeCount(clips: readonly Clip[]): number {
  let count = 0;
  // Every number that may be keyframed is met on a copy, whose keyframes stay as they are.
  for (const clip of clips)
    mapKeyframes(structuredClone<Draft<Clip>>(clip), (keyframe) => {
      count++;
      return keyframe;
    });
  return count;
}

const zero: Rational = rational(0);

function scale(transform: Record<'x' | 'y', Draft<Animated>>, axis: 'x' | 'y', by: number): void {
  const value = transform[axis];
  if (typeof value === 'number') transform[axis] = value * by;
  else for (const keyframe of value.keyframes) keyframe.value *= by;
}
