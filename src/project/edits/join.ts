import type { FrameRate } from '../../media';
import { compare } from '../rational';
import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { copyOf, linkedPlaces, neighbours, placesWhere, settled, takeClip, type ClipDraft } from './draft';
import { moveEdge } from './edges';
import { RefusedEdit } from './refused-edit';
import { sourceTime } from './source-time';

/**
 * Takes cuts back: each clip, and each that is linked with it, becomes one with the clip that follows it, where that goes on at the same
 * time of the same media with the same settings.
 * @throws RefusedEdit `notContinuous` where none does
 */
export const join = (clips: readonly string[]): Edit =>
  settled((draft) => {
    let joined = 0;
    for (const place of linkedPlaces(draft, clips)) {
      const { clip, track } = place;
      const { after } = neighbours(place);
      if (after === undefined || !continues(clip, after, draft.rate)) continue;
      const { fadeOut, link } = after;
      takeClip({ track, clip: after });
      clip.duration += after.duration;
      clip.fadeOut = fadeOut;
      // What was linked with the second part goes on with the whole.
      if (link !== undefined) {
        clip.link ??= link;
        const whole = clip.link;
        for (const other of placesWhere(draft, (one) => one.link === link)) other.clip.link = whole;
      }
      joined++;
    }
    if (joined === 0) throw new RefusedEdit('notContinuous');
  });

/** Whether the second clip shows what the first would go on to show. */
function continues(first: ClipDraft, second: ClipDraft, rate: FrameRate): boolean {
  if (endOf(first) !== second.start || first.kind !== second.kind) return false;
  if (first.kind !== 'title' && second.kind !== 'title') {
    if (compare(sourceTime(first, first.duration, rate), second.sourceStart) !== 0) return false;
  }
  const expected = copyOf(first);
  moveEdge(expected, 'start', first.duration, rate);
  return look(expected) === look(copyOf(second));
}

/** All of a clip but its name in the sequence and what a cut changes. */
function look(clip: ClipDraft): string {
  const still = { ...clip, id: '', link: '', start: 0, duration: 1, fadeIn: 0, fadeOut: 0 };
  return JSON.stringify(Object.entries(still).sort(([one], [other]) => (one < other ? -1 : 1)));
}
