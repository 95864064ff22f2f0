import type { Edit } from '../undo';
import { arrange, type OnMeeting } from './arrange';
import { copyOf, linkedPlaces, settled, takeClip } from './draft';
import { trackAt } from './insert';

export interface MoveOptions {
  readonly clips: readonly string[];
  /** Frames; back in time as far as the first of them has room before the start of the sequence. */
  readonly by: number;
  /** Tracks up (+) or down (-), by kind; down as far as the lowest. */
  readonly video?: number;
  readonly audio?: number;
  readonly onMeeting: OnMeeting;
  readonly newId: () => string;
}

/** Moves clips, with all that is linked to them, in time and between tracks. @throws RefusedEdit `noRoom`, `locked` */
export const move = ({ clips, by, video = 0, audio = 0, onMeeting, newId }: MoveOptions): Edit =>
  settled((draft) => {
    const places = linkedPlaces(draft, clips);
    const moved = Math.max(by, -Math.min(...places.map(({ clip }) => clip.start)));
    const order = (kind: 'video' | 'audio'): string[] => draft.tracks.filter((track) => track.kind === kind).map(({ id }) => id);
    const orders = { video: order('video'), audio: order('audio') };
    const from = places.map(({ track }) => ({ kind: track.kind, place: orders[track.kind].indexOf(track.id) }));
    const lowest = (kind: 'video' | 'audio'): number => Math.min(...from.filter((one) => one.kind === kind).map(({ place }) => place));
    const up = { video: Math.max(video, -lowest('video')), audio: Math.max(audio, -lowest('audio')) };
    if (moved === 0 && from.every(({ kind }) => up[kind] === 0)) return;
    const copies = places.map(({ clip }) => copyOf(clip));
    for (const place of places) takeClip(place);
    const arrivals = copies.map((clip, at) => {
      clip.start += moved;
      const { kind, place } = from[at];
      return { clip, track: trackAt(draft, kind, place + up[kind], newId) };
    });
    arrange(draft, arrivals, onMeeting, newId);
  });
