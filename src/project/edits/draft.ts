/** A sequence while it is edited: finding clips in it, putting clips into it, and what holds at the end of every edit. */
import { current, isDraft, type Draft } from 'immer';
import { endOf, type Clip } from '../sequence/clip';
import type { Sequence, Track } from '../sequence/sequence';
import type { Edit } from '../undo';
import { RefusedEdit } from './refused-edit';

export type SequenceDraft = Draft<Sequence>;
export type TrackDraft = Draft<Track>;
export type ClipDraft = Draft<Clip>;

/** A clip and the track that it lies on. */
export interface Place {
  readonly track: TrackDraft;
  readonly clip: ClipDraft;
}

export function placesWhere(draft: SequenceDraft, wanted: (clip: ClipDraft, track: TrackDraft) => boolean): Place[] {
  return draft.tracks.flatMap((track) => track.clips.filter((clip) => wanted(clip, track)).map((clip) => ({ track, clip })));
}

/** @throws RefusedEdit `gone` */
export function placeOf(draft: SequenceDraft, id: string): Place {
  for (const track of draft.tracks) {
    const clip = track.clips.find((one) => one.id === id);
    if (clip !== undefined) return { track, clip };
  }
  throw new RefusedEdit('gone');
}

/** The clips and all that are linked with them. @throws RefusedEdit `gone`, or `locked` where one lies on a locked track */
export function linkedPlaces(draft: SequenceDraft, ids: readonly string[]): Place[] {
  const named = new Set(ids);
  const links = new Set<string>();
  let found = 0;
  for (const { clips } of draft.tracks) {
    for (const { id, link } of clips) {
      if (!named.has(id)) continue;
      found++;
      if (link !== undefined) links.add(link);
    }
  }
  if (found < named.size || found === 0) throw new RefusedEdit('gone');
  return unlocked(placesWhere(draft, ({ id, link }) => named.has(id) || (link !== undefined && links.has(link))));
}

/** @throws RefusedEdit `locked` */
export function unlocked(places: Place[]): Place[] {
  if (places.some(({ track }) => track.locked)) throw new RefusedEdit('locked');
  return places;
}

/** A clip of its own with the same content. */
export const copyOf = (clip: ClipDraft): ClipDraft => structuredClone(isDraft(clip) ? current(clip) : clip);

/** Puts a clip where its start says. @throws RefusedEdit `locked`, `kind`, or `noRoom` where another lies there */
export function putClip(track: TrackDraft, clip: ClipDraft): void {
  if (track.locked) throw new RefusedEdit('locked');
  if ((track.kind === 'audio') !== (clip.kind === 'sound')) throw new RefusedEdit('kind');
  const next = track.clips.findIndex(({ start }) => start >= clip.start);
  const at = next === -1 ? track.clips.length : next;
  if (at > 0 && endOf(track.clips[at - 1]) > clip.start) throw new RefusedEdit('noRoom');
  if (at < track.clips.length && track.clips[at].start < endOf(clip)) throw new RefusedEdit('noRoom');
  track.clips.splice(at, 0, clip);
}

export function takeClip({ track, clip }: Place): void {
  const at = track.clips.findIndex(({ id }) => id === clip.id);
  track.clips.splice(at, 1);
}

/** The clips before and after one on its track. */
export function neighbours({ track, clip }: Place): { readonly before: ClipDraft | undefined; readonly after: ClipDraft | undefined } {
  const at = track.clips.findIndex(({ id }) => id === clip.id);
  return { before: track.clips.at(at - 1 < 0 ? track.clips.length : at - 1), after: track.clips.at(at + 1) };
}

/**
 * An edit whose outcome is looked at: clips that overlap refuse it, and a link that joins one clip alone is taken away.
 */
export function settled(edit: Edit): Edit {
  return (draft) => {
    edit(draft);
    const members = new Map<string, ClipDraft[]>();
    for (const { clips } of draft.tracks) {
      let end = 0;
      for (const clip of clips) {
        if (clip.start < end) throw new RefusedEdit('noRoom');
        end = endOf(clip);
        if (clip.link !== undefined) members.set(clip.link, [...(members.get(clip.link) ?? []), clip]);
      }
    }
    for (const clips of members.values()) if (clips.length === 1) delete clips[0].link;
  };
}
