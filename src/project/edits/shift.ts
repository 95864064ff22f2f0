import { endOf } from '../sequence/clip';
import type { SequenceDraft } from './draft';
import { RefusedEdit } from './refused-edit';

/**
 * Ripple: moves everything that begins at a frame or after it, on all tracks that are not locked, by the same number of frames, so that
 * what follows keeps its order and its sync. Clips linked with one that moves go along, and what follows those. Backwards it goes as far
 * as every track has room. Markers move too.
 * @returns frames moved, of the sign of `by`
 * @throws RefusedEdit `locked` where a clip that has to go along lies on a locked track
 */
export function shiftFrom(draft: SequenceDraft, frame: number, by: number): number {
  if (by === 0) return 0;
  const first = firstToMove(draft, frame);
  let room = Infinity;
  draft.tracks.forEach(({ clips }, track) => {
    const at = first[track];
    if (at < clips.length) room = Math.min(room, clips[at].start - (at === 0 ? 0 : endOf(clips[at - 1])));
  });
  const moved = Math.max(by, -room);
  if (moved === 0) return 0;
  draft.tracks.forEach(({ clips }, track) => {
    for (let at = first[track]; at < clips.length; at++) clips[at].start += moved;
  });
  for (const marker of draft.markers) if (marker.frame >= frame) marker.frame = Math.max(0, marker.frame + moved);
  return moved;
}

/** Index of the first clip that moves, by track: links may pull it forward, and then what lies between. */
function firstToMove({ tracks }: SequenceDraft, frame: number): number[] {
  const first = tracks.map(({ clips, locked }) => {
    const at = locked ? -1 : clips.findIndex(({ start }) => start >= frame);
    return at === -1 ? clips.length : at;
  });
  const members = new Map<string, { readonly track: number; readonly at: number }[]>();
  tracks.forEach(({ clips }, track) =>
    clips.forEach(({ link }, at) => {
      if (link === undefined) return;
      const known = members.get(link);
      if (known === undefined) members.set(link, [{ track, at }]);
      else known.push({ track, at });
    }),
  );
  const groups = [...members.values()];
  for (let changed = true; changed;) {
    changed = false;
    for (const group of groups) {
      if (!group.some(({ track, at }) => at >= first[track])) continue;
      for (const { track, at } of group) {
        if (at >= first[track]) continue;
        if (tracks[track].locked) throw new RefusedEdit('locked');
        first[track] = at;
        changed = true;
      }
    }
  }
  return first;
}
