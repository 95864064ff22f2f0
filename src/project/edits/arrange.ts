import { endOf } from '../sequence/clip';
import { linkedPlaces, placesWhere, putClip, type ClipDraft, type SequenceDraft, type TrackDraft } from './draft';
import { clearRange } from './clear';
import { shiftFrom } from './shift';
import { splitPlaces } from './split';

/**
 * What becomes of clips that lie where others are put: `refuse` puts nothing, `overwrite` cuts them away, `make-room` cuts them at the
 * first frame and moves them and everything after back in time.
 */
export type OnMeeting = 'refuse' | 'overwrite' | 'make-room';

/** A clip that belongs on a track at its own start. */
export interface Arrival {
  readonly track: TrackDraft;
  readonly clip: ClipDraft;
}

/** Puts clips onto their tracks. @throws RefusedEdit `noRoom`, `locked`, `kind` */
export function arrange(draft: SequenceDraft, arrivals: readonly Arrival[], onMeeting: OnMeeting, newId: () => string): void {
  if (onMeeting === 'make-room') makeRoom(draft, arrivals, newId);
  if (onMeeting === 'overwrite') {
    for (const { track, clip } of arrivals) if (!track.locked) clearRange(draft, track, clip.start, endOf(clip), newId);
  }
  for (const { track, clip } of arrivals) putClip(track, clip);
}

function makeRoom(draft: SequenceDraft, arrivals: readonly Arrival[], newId: () => string): void {
  const from = Math.min(...arrivals.map(({ clip }) => clip.start));
  const to = Math.max(...arrivals.map(({ clip }) => endOf(clip)));
  const tracks = new Set(arrivals.map(({ track }) => track.id));
  const spans = ({ start, duration }: ClipDraft): boolean => start < from && start + duration > from;
  const inTheWay = placesWhere(draft, (clip, { id, locked }) => tracks.has(id) && !locked && spans(clip));
  if (inTheWay.length > 0) {
    const cut = linkedPlaces(
      draft,
      inTheWay.map(({ clip }) => clip.id),
    ).filter(({ clip }) => spans(clip));
    splitPlaces(draft, cut, from, newId);
  }
  shiftFrom(draft, from, to - from);
}
