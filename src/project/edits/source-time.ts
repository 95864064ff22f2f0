/** Where a clip is in its media, exactly, and how far that reaches. */
import { AiprodError } from '../../errors';
import type { FrameRate } from '../../media';
import type { MediaItem } from '../media-item';
import { add, compare, divide, floor, multiply, rational, subtract, type Rational } from '../rational';
import type { Clip, PictureClip, SoundClip } from '../sequence/clip';

/** Seconds of a frame. */
export const frameSeconds = ({ numerator, denominator }: FrameRate): Rational => rational(denominator, numerator);

/** Seconds of the media at a frame counted from the clip's first: at its beginning; what is seen there is at `frame + 0.5`. */
export function sourceTime({ sourceStart, speed }: PictureClip | SoundClip, frame: number, rate: FrameRate): Rational {
  return add(sourceStart, multiply(multiply(rational(2 * frame, 2), frameSeconds(rate)), speed));
}

/** Seconds that a clip can show or sound; undefined without end, as of a still picture. */
export type MediaLengths = (clip: PictureClip | SoundClip) => Rational | undefined;

/** Lengths of a project's media. A medium that the project does not name has no end. */
export function mediaLengths(media: readonly MediaItem[]): MediaLengths {
  const items = new Map(media.map((item) => [item.id, item]));
  return ({ media: id, kind }) => {
    const item = items.get(id);
    return item === undefined ? undefined : kind === 'sound' ? item.sound?.duration : pictureSeconds(item);
  };
}

/** Seconds of a video's pictures; undefined of a still picture, and of what has none. */
export function pictureSeconds({ frames, rate }: Pick<MediaItem, 'frames' | 'rate'>): Rational | undefined {
  return frames === undefined || rate === undefined ? undefined : multiply(rational(frames), frameSeconds(rate));
}

/** Frames by which a clip may begin earlier, and the most that it may last from its start: both Infinity without media. */
export interface Reach {
  readonly before: number;
  readonly duration: number;
}

/** As far as the middle of every frame, which is what it shows, lies in the media. */
export function reachOf(clip: Clip, rate: FrameRate, lengths: MediaLengths): Reach {
  const length = clip.kind === 'title' ? undefined : lengths(clip);
  if (clip.kind === 'title' || length === undefined) return { before: Infinity, duration: Infinity };
  const forwards = clip.speed.numerator > 0;
  const step = multiply(frameSeconds(rate), forwards ? clip.speed : negative(clip.speed));
  const framesToStart = add(divide(clip.sourceStart, step), half);
  const framesToEnd = add(divide(subtract(length, clip.sourceStart), step), half);
  // A frame may show the very start of the media, but no more its very end.
  const [towardsStart, towardsEnd] = [Math.max(0, floor(framesToStart)), Math.max(0, ceiling(framesToEnd) - 1)];
  return forwards ? { before: towardsStart, duration: towardsEnd } : { before: towardsEnd, duration: towardsStart };
}

const half = rational(1, 2);
export const negative = ({ numerator, denominator }: Rational): Rational => rational(-numerator, denominator);
export const ceiling = (value: Rational): number => 0 - floor(negative(value));
/** To the nearest whole number, halves up. */
export const nearest = (value: Rational): number => floor(add(value, half));

/** A speed that a clip can have, from what a person gave. @throws AiprodError `bad-input` */
export function checkedSpeed(speed: Rational): Rational {
  const size = speed.numerator < 0 ? negative(speed) : speed;
  if (compare(size, rational(1, 100)) >= 0 && compare(size, rational(100)) <= 0) return speed;
  throw new AiprodError('bad-input', 'a clip cannot have this speed', {
    expected: '1% to 10000%, forwards or backwards',
    found: `${speed.numerator}/${speed.denominator}`,
  });
}
