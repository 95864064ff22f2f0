import type { Edit } from '../undo';
import { endOf } from '../sequence/clip';
import { copyOf, linkedPlaces, placesWhere, settled, type ClipDraft, type Place, type SequenceDraft } from './draft';
import { moveEdge } from './edges';
import { RefusedEdit } from './refused-edit';

export interface SplitOptions {
  /** The first frame of the second parts. */
  readonly frame: number;
  /** Ids of what is split, with all that is linked to it; every clip under the frame on tracks that are not locked when left out. */
  readonly clips?: readonly string[];
  readonly newId: () => string;
}

/**
 * Cuts clips in two at a frame. No picture changes: the second part begins at the exact time of its media. Second parts of linked clips
 * are linked with each other and with what of the group follows.
 * @throws RefusedEdit `nothingHere` where no clip lies on both sides of the frame
 */
export const split = ({ frame, clips, newId }: SplitOptions): Edit =>
  settled((draft) => {
    const places = clips === undefined ? placesWhere(draft, (_, { locked }) => !locked) : linkedPlaces(draft, clips);
    const cut = places.filter(({ clip }) => clip.start < frame && frame < endOf(clip));
    if (cut.length === 0) throw new RefusedEdit('nothingHere');
    splitPlaces(draft, cut, frame, newId);
  });

/** Cuts every one of the places, all of which the frame lies in. */
export function splitPlaces(draft: SequenceDraft, places: readonly Place[], frame: number, newId: () => string): void {
  const newLinks = new Map<string, string>();
  for (const place of places) {
    const { link } = place.clip;
    if (link !== undefined && !newLinks.has(link)) newLinks.set(link, newId());
    splitPlace(draft, place, frame, newId);
  }
  for (const { clip } of placesWhere(draft, ({ start, link }) => start >= frame && link !== undefined && newLinks.has(link))) {
    clip.link = newLinks.get(clip.link ?? '');
  }
}

/** The second part, in the same group as the first; fades stay with the edge that they belong to. */
export function splitPlace({ rate }: SequenceDraft, { track, clip }: Place, frame: number, newId: () => string): ClipDraft {
  const second = copyOf(clip);
  second.id = newId();
  moveEdge(second, 'start', frame - clip.start, rate);
  second.fadeIn = 0;
  clip.duration = frame - clip.start;
  clip.fadeOut = 0;
  track.clips.splice(track.clips.findIndex(({ id }) => id === clip.id) + 1, 0, second);
  return second;
}
