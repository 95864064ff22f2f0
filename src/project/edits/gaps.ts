import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { settled } from './draft';
import { RefusedEdit } from './refused-edit';
import { shiftFrom } from './shift';

/**
 * Closes the gap of a track that a frame lies in, as far as all tracks have room.
 * @throws RefusedEdit `nothingHere` where there is none, or nothing after it, `noRoom` where nothing can move
 */
export const closeGap = (track: string, frame: number): Edit =>
  settled((draft) => {
    const { clips = [], locked = false } = draft.tracks.find(({ id }) => id === track) ?? {};
    if (locked) throw new RefusedEdit('locked');
    const after = clips.findIndex(({ start }) => start > frame);
    const from = after <= 0 ? 0 : endOf(clips[after - 1]);
    if (after === -1 || from > frame) throw new RefusedEdit('nothingHere');
    const to = clips[after].start;
    if (shiftFrom(draft, to, from - to) === 0) throw new RefusedEdit('noRoom');
  });

/** Closes every gap of a track, as far as all tracks have room. */
export const closeGaps = (track: string): Edit =>
  settled((draft) => {
    const { clips = [], locked = false } = draft.tracks.find(({ id }) => id === track) ?? {};
    if (locked) throw new RefusedEdit('locked');
    for (let at = 0; at < clips.length; at++) {
      const from = at === 0 ? 0 : endOf(clips[at - 1]);
      shiftFrom(draft, clips[at].start, from - clips[at].start);
    }
  });
