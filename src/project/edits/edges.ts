/** Moving one edge of a clip: the picture under it stays where it is in time. */
import type { FrameRate } from '../../media';
import { endOf } from '../sequence/clip';
import type { ClipDraft, Place } from './draft';
import { neighbours } from './draft';
import { shiftKeyframes } from './keyframes';
import { reachOf, sourceTime, type MediaLengths } from './source-time';

export type Edge = 'start' | 'end';

/** Frames by which something may move, both ends included. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export const anyway: Range = { least: -Infinity, most: Infinity };

export const both = (one: Range, other: Range): Range => ({
  least: Math.max(one.least, other.least),
  most: Math.min(one.most, other.most),
});

export const within = (by: number, { least, most }: Range): number => 0 + Math.min(most, Math.max(least, by));

export const frameOf = (clip: ClipDraft, edge: Edge): number => (edge === 'start' ? clip.start : endOf(clip));

/** How far an edge may move for the clip's own sake: its media, and one frame that stays. */
export function ownRange(clip: ClipDraft, edge: Edge, rate: FrameRate, lengths: MediaLengths): Range {
  const { before, duration } = reachOf(clip, rate, lengths);
  return edge === 'start'
    ? { least: -before, most: clip.duration - 1 }
    : { least: 1 - clip.duration, most: Math.max(0, duration - clip.duration) };
}

/** How far an edge may move until it meets the clip beside it or the start of the sequence. */
export function freeRange(place: Place, edge: Edge): Range {
  const { before, after } = neighbours(place);
  return edge === 'start'
    ? { least: (before === undefined ? 0 : endOf(before)) - place.clip.start, most: Infinity }
    : { least: -Infinity, most: after === undefined ? Infinity : after.start - endOf(place.clip) };
}

export function moveEdge(clip: ClipDraft, edge: Edge, by: number, rate: FrameRate): void {
  if (edge === 'end') {
    clip.duration += by;
    return;
  }
  moveSource(clip, by, rate);
  shiftKeyframes(clip, -by);
  clip.start += by;
  clip.duration -= by;
}

/** Lets the clip begin later in its media by so many frames of the sequence. */
export function moveSource(clip: ClipDraft, by: number, rate: FrameRate): void {
  if (clip.kind !== 'title' && by !== 0) clip.sourceStart = sourceTime(clip, by, rate);
}
