import type { FrameRate } from '../../media';
import type { MediaItem } from '../media-item';
import { divide, rational, type Rational } from '../rational';
import { clipSchema, type Clip } from '../sequence/clip';
import type { ClipDraft } from './draft';
import type { Arriving } from './insert';
import { frameSeconds, nearest, pictureSeconds } from './source-time';

/** Seconds that a still picture is shown at first. */
const STILL_SECONDS = 4;

export interface ClipsOfMediaOptions {
  readonly item: MediaItem;
  /** Of the sequence. */
  readonly rate: FrameRate;
  /** Tracks of its kind, from the lowest. */
  readonly video?: number;
  readonly audio?: number;
  readonly newId: () => string;
}

/** The whole of a medium as clips from frame 0: a picture, a sound, or both, linked. A table of colours gives none. */
export function clipsOfMedia({ item, rate, video = 0, audio = 0, newId }: ClipsOfMediaOptions): Arriving[] {
  if (item.kind === 'lut') return [];
  const frames = (seconds: Rational): number => Math.max(1, nearest(divide(seconds, frameSeconds(rate))));
  const shown = item.kind === 'audio' ? undefined : (pictureSeconds(item) ?? rational(STILL_SECONDS));
  const link = shown !== undefined && item.sound !== undefined ? newId() : undefined;
  const arriving: Arriving[] = [];
  if (shown !== undefined) {
    const clip = clipSchema.parse({ kind: 'picture', id: newId(), media: item.id, start: 0, duration: frames(shown), link });
    arriving.push({ track: video, clip });
  }
  if (item.sound !== undefined) {
    const duration = frames(item.sound.duration);
    // A sound that goes on after its picture would keep the next clip from its place: it ends with the picture.
    const heard = shown === undefined ? duration : Math.min(duration, frames(shown));
    arriving.push({ track: audio, clip: soundClip(item, newId(), { start: 0, duration: heard, link }) });
  }
  return arriving;
}

/** The sound of a medium beside a clip that shows it. */
export function soundClip(
  item: MediaItem,
  id: string,
  beside: Pick<Clip, 'start' | 'duration' | 'link'> & { readonly sourceStart?: Rational; readonly speed?: Rational },
): ClipDraft {
  const { start, duration, link, sourceStart, speed } = beside;
  return clipSchema.parse({ kind: 'sound', id, media: item.id, start, duration, link, sourceStart, speed });
}
