import type { MediaItem } from '../media-item';
import { add, type Rational } from '../rational';
import type { Edit } from '../undo';
import { linkedPlaces, settled } from './draft';
import { RefusedEdit } from './refused-edit';
import { mediaLengths, reachOf } from './source-time';

export interface ReplaceMediaOptions {
  /** A clip; what is linked to it and shows or sounds the same media is replaced too. */
  readonly clip: string;
  readonly item: MediaItem;
  /** Seconds by which the new media's content lies later than the old one's: what was put before it. */
  readonly later?: Rational;
}

/**
 * Shows another file in a clip's place, at the same times: a stretch of it made anew, or the whole made longer. A clip that lasts longer than
 * the new file is cut to it. @throws RefusedEdit `kind` where the file has no pictures for a picture
 */
export const replaceMedia = ({ clip: id, item, later }: ReplaceMediaOptions): Edit =>
  settled((draft) => {
    const places = linkedPlaces(draft, [id]);
    const main = places.find((place) => place.clip.id === id)?.clip;
    if (main === undefined || main.kind === 'title') throw new RefusedEdit('kind');
    const { media } = main;
    for (const { clip } of places) {
      if (clip.kind === 'title' || clip.media !== media) continue;
      if (clip.kind === 'picture' ? item.width === undefined : item.sound === undefined) {
        if (clip.id === id) throw new RefusedEdit('kind');
        continue;
      }
      clip.media = item.id;
      if (later !== undefined) clip.sourceStart = add(clip.sourceStart, later);
      clip.duration = Math.max(1, Math.min(clip.duration, reachOf(clip, draft.rate, mediaLengths([item])).duration));
    }
  });
