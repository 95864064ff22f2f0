import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { arrange, type OnMeeting } from './arrange';
import { copyOf, linkedPlaces, settled, type Place } from './draft';
import { trackAt } from './insert';

export interface DuplicateOptions {
  readonly clips: readonly string[];
  /** Frames from the clips to their doubles; right behind the last of them when left out. */
  readonly by?: number;
  /** Tracks up (+) or down (-), by kind. */
  readonly video?: number;
  readonly audio?: number;
  readonly onMeeting: OnMeeting;
  readonly newId: () => string;
}

/** Puts doubles of clips, and of all that is linked to them, beside them. Doubles are linked with each other as the clips are. */
export const duplicate = ({ clips, by, video = 0, audio = 0, onMeeting, newId }: DuplicateOptions): Edit =>
  settled((draft) => {
    const places = linkedPlaces(draft, clips);
    const first = Math.min(...places.map(({ clip }) => clip.start));
    const distance = Math.max(by ?? Math.max(...places.map(({ clip }) => endOf(clip))) - first, -first);
    const place = ({ track }: Place): number =>
      draft.tracks.filter(({ kind }) => kind === track.kind).findIndex(({ id }) => id === track.id);
    const links = new Map<string, string>();
    const arrivals = places.map((from) => {
      const double = copyOf(from.clip);
      double.id = newId();
      double.start += distance;
      if (double.link !== undefined) {
        if (!links.has(double.link)) links.set(double.link, newId());
        double.link = links.get(double.link);
      }
      const to = Math.max(0, place(from) + (from.track.kind === 'video' ? video : audio));
      return { clip: double, track: trackAt(draft, from.track.kind, to, newId) };
    });
    arrange(draft, arrivals, onMeeting, newId);
  });
