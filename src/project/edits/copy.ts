import type { Clip } from '../sequence/clip';
import type { Sequence } from '../sequence/sequence';
import type { Edit } from '../undo';
import type { OnMeeting } from './arrange';
import { insert, type Arriving } from './insert';

/** Clips as they were when they were copied, from the start of the first; they may be pasted into any sequence. */
export type CopiedClips = readonly Arriving[];

/** The clips and all that is linked to them; nothing of what is gone. */
export function copyClips({ tracks }: Sequence, clips: readonly string[]): CopiedClips {
  const named = new Set(clips);
  const links = new Set(
    tracks.flatMap((track) => track.clips.flatMap(({ id, link }) => (named.has(id) && link !== undefined ? [link] : []))),
  );
  const places = { video: 0, audio: 0 };
  const copied = tracks.flatMap((track) => {
    const place = places[track.kind]++;
    return track.clips
      .filter(({ id, link }) => named.has(id) || (link !== undefined && links.has(link)))
      .map((clip) => ({ track: place, clip }));
  });
  const first = Math.min(...copied.map(({ clip }) => clip.start));
  return copied.map(({ track, clip }) => ({ track, clip: { ...clip, start: clip.start - first } }));
}

export interface PasteOptions {
  readonly copied: CopiedClips;
  readonly at: number;
  readonly onMeeting: OnMeeting;
  readonly newId: () => string;
}

/** Puts copied clips in, each on the track that it came from. */
export const paste = ({ copied, at, onMeeting, newId }: PasteOptions): Edit =>
  insert({ clips: asNew(copied, newId), at, onMeeting, newId });

/** With ids of their own, linked with each other as they were. */
export function asNew(copied: CopiedClips, newId: () => string): Arriving[] {
  const links = new Map<string, string>();
  return copied.map(({ track, clip }) => {
    const own: Clip = { ...clip, id: newId() };
    if (clip.link !== undefined) {
      if (!links.has(clip.link)) links.set(clip.link, newId());
      own.link = links.get(clip.link);
    }
    return { track, clip: own };
  });
}
