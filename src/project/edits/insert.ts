import { endOf, type Clip } from '../sequence/clip';
import type { Edit } from '../undo';
import { arrange, type OnMeeting } from './arrange';
import { settled, type ClipDraft, type SequenceDraft, type TrackDraft } from './draft';
import { RefusedEdit } from './refused-edit';
import { nextTrackName } from './tracks';

/** A clip to be put in: `track` counts tracks of its kind from the lowest, beyond the last of which there will be a new one. */
export interface Arriving {
  readonly track: number;
  readonly clip: Clip;
}

export interface InsertOptions {
  /** With starts counted from `at`. */
  readonly clips: readonly Arriving[];
  /** A frame, or the end of what lies on the tracks that the clips go to. */
  readonly at: number | 'end';
  readonly onMeeting: OnMeeting;
  readonly newId: () => string;
}

/** Puts new clips in. @throws RefusedEdit `locked`, `noRoom` */
export const insert = ({ clips, at, onMeeting, newId }: InsertOptions): Edit =>
  settled((draft) => {
    const arrivals = clips.map(({ track, clip }) => ({
      track: trackAt(draft, clip.kind === 'sound' ? 'audio' : 'video', track, newId),
      clip: structuredClone<ClipDraft>(clip),
    }));
    const from = at === 'end' ? Math.max(0, ...arrivals.flatMap(({ track }) => track.clips.slice(-1).map(endOf))) : at;
    for (const { clip } of arrivals) clip.start += from;
    arrange(draft, arrivals, onMeeting, newId);
  });

/** The track of a kind by its place from the lowest; new ones are made up to it. */
export function trackAt(draft: SequenceDraft, kind: 'video' | 'audio', place: number, newId: () => string): TrackDraft {
  const ofKind = (): TrackDraft[] => draft.tracks.filter((track) => track.kind === kind);
  while (ofKind().length <= place) {
    if (draft.tracks.length >= 100) throw new RefusedEdit('noTrack');
    draft.tracks.push({ id: newId(), kind, name: nextTrackName(draft, kind), muted: false, locked: false, clips: [] });
  }
  return ofKind()[place];
}
