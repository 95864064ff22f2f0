/** Tracks themselves: their order, names and switches. */
import type { Sequence, Track } from '../sequence/sequence';
import type { Edit } from '../undo';
import { placesWhere, settled, type SequenceDraft, type TrackDraft } from './draft';
import { RefusedEdit } from './refused-edit';

/** V1, V2, ... or A1, A2, ...: the first that no track is called. */
export function nextTrackName({ tracks }: Pick<Sequence, 'tracks'>, kind: Track['kind']): string {
  const names = new Set(tracks.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = `${kind === 'video' ? 'V' : 'A'}${number}`;
    if (!names.has(name)) return name;
  }
}

/** A new track over the topmost of its kind. @throws RefusedEdit `noTrack` where there are 100 already */
export const addTrack =
  (kind: Track['kind'], id: string): Edit =>
  (draft) => {
    if (draft.tracks.length >= 100) throw new RefusedEdit('noTrack');
    draft.tracks.push({ id, kind, name: nextTrackName(draft, kind), muted: false, locked: false, clips: [] });
  };

/** Takes a track away with its clips. @throws RefusedEdit `locked` */
export const removeTrack = (id: string): Edit =>
  settled((draft) => {
    const track = trackOf(draft, id);
    if (track.locked) throw new RefusedEdit('locked');
    draft.tracks.splice(draft.tracks.indexOf(track), 1);
  });

/** Moves a track over (+) or under (-) others of its kind, as far as there are any. */
export const reorderTrack =
  (id: string, by: number): Edit =>
  (draft) => {
    const track = trackOf(draft, id);
    const places = draft.tracks.flatMap(({ kind }, at) => (kind === track.kind ? [at] : []));
    const from = places.indexOf(draft.tracks.indexOf(track));
    const to = Math.min(places.length - 1, Math.max(0, from + by));
    if (to === from) return;
    const ofKind = places.map((at) => draft.tracks[at]);
    ofKind.splice(to, 0, ...ofKind.splice(from, 1));
    places.forEach((at, k) => {
      draft.tracks[at] = ofKind[k];
    });
  };

export interface TrackSettings {
  readonly name?: string;
  readonly muted?: boolean;
  readonly locked?: boolean;
}

export const setTrack =
  (id: string, { name, muted, locked }: TrackSettings): Edit =>
  (draft) => {
    const track = trackOf(draft, id);
    if (name !== undefined) track.name = name;
    if (muted !== undefined) track.muted = muted;
    if (locked !== undefined) track.locked = locked;
  };

/** Shows and sounds clips, or leaves them out. @throws RefusedEdit `locked`, `gone` */
export const enableClips =
  (clips: readonly string[], enabled: boolean): Edit =>
  (draft) => {
    const places = placesWhere(draft, ({ id }) => clips.includes(id));
    if (places.length < clips.length) throw new RefusedEdit('gone');
    for (const { track, clip } of places) {
      if (track.locked) throw new RefusedEdit('locked');
      clip.enabled = enabled;
    }
  };

function trackOf(draft: SequenceDraft, id: string): TrackDraft {
  const track = draft.tracks.find((one) => one.id === id);
  if (track === undefined) throw new RefusedEdit('gone');
  return track;
}
