import { endOf } from '../sequence/clip';
import type { MediaItem } from '../media-item';
import type { Edit } from '../undo';
import { linkedPlaces, placeOf, putClip, settled } from './draft';
import { trackAt } from './insert';
import { RefusedEdit } from './refused-edit';
import { soundClip } from './clips-of-media';

export interface DetachOptions {
  readonly clip: string;
  readonly media: readonly MediaItem[];
  readonly newId: () => string;
}

/**
 * Makes the sound of a picture a clip for itself: one that is linked with it is let go; one that is nowhere yet is put on the lowest track
 * with room. @throws RefusedEdit `nothingHere` where the media has no sound
 */
export const detachSound = ({ clip: id, media, newId }: DetachOptions): Edit =>
  settled((draft) => {
    const { clip } = placeOf(draft, id);
    if (clip.kind !== 'picture') throw new RefusedEdit('kind');
    const group = linkedPlaces(draft, [id]);
    if (group.some((place) => place.clip.kind === 'sound')) {
      for (const place of group) delete place.clip.link;
      return;
    }
    const item = media.find((one) => one.id === clip.media);
    if (item?.sound === undefined) throw new RefusedEdit('nothingHere');
    const sound = soundClip(item, newId(), clip);
    const tracks = draft.tracks.filter((track) => track.kind === 'audio');
    const free = tracks.findIndex(
      ({ clips, locked }) => !locked && clips.every((other) => other.start >= endOf(clip) || endOf(other) <= clip.start),
    );
    putClip(trackAt(draft, 'audio', free === -1 ? tracks.length : free, newId), sound);
  });
