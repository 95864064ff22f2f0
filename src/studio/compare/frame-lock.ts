import type { FrameRate } from '../../media';
import { divide, floor, multiply, rational, type MediaItem } from '../../project';

/** A video as far as comparing needs it. */
export type ComparedVideo = Pick<MediaItem, 'id' | 'name' | 'width' | 'height'> & { readonly frames: number; readonly rate: FrameRate };

/** Undefined of sound, pictures and tables. */
export function comparedVideo(item: MediaItem): ComparedVideo | undefined {
  if (item.kind !== 'video' || item.frames === undefined || item.rate === undefined) return undefined;
  return { ...item, frames: item.frames, rate: item.rate };
}

/** Whether frames of two videos stand for the same times, number by number. */
export const sameRate = (a: FrameRate, b: FrameRate): boolean => a.numerator * b.denominator === b.numerator * a.denominator;

/** The frame of the other video that is seen in the middle of a frame of this one; its last where it is shorter. */
export function lockedFrame(frame: number, rate: FrameRate, other: Pick<ComparedVideo, 'rate' | 'frames'>): number {
  const middle = multiply(rational(2 * frame + 1, 2), divide(other.rate, rate));
  return Math.min(other.frames - 1, floor(middle));
}
