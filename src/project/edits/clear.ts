import { endOf } from '../sequence/clip';
import type { SequenceDraft, TrackDraft } from './draft';
import { moveEdge } from './edges';
import { splitPlace } from './split';

/** Empties a stretch of a track: what reaches into it is cut there. Clips keep their place, and so their sync. */
export function clearRange(draft: SequenceDraft, track: TrackDraft, from: number, to: number, newId: () => string): void {
  const spanning = track.clips.find((clip) => clip.start < from && endOf(clip) > to);
  if (spanning !== undefined) splitPlace(draft, { track, clip: spanning }, to, newId);
  for (const clip of track.clips.filter(({ start }) => start < to)) {
    if (endOf(clip) <= from) continue;
    if (clip.start < from) moveEdge(clip, 'end', from - endOf(clip), draft.rate);
    else if (endOf(clip) > to) moveEdge(clip, 'start', to - clip.start, draft.rate);
    else track.clips.splice(track.clips.indexOf(clip), 1);
  }
}
