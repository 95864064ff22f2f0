import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { linkedPlaces, settled, takeClip } from './draft';
import { shiftFrom } from './shift';

export interface RemoveOptions {
  readonly clips: readonly string[];
  /** Closes the gaps, as far as all tracks have room. */
  readonly ripple?: boolean;
}

/** Takes clips away, with all that is linked to them. */
export const remove = ({ clips, ripple = false }: RemoveOptions): Edit =>
  settled((draft) => {
    const places = linkedPlaces(draft, clips);
    const stretches = merged(places.map(({ clip }) => ({ start: clip.start, end: endOf(clip) })));
    for (const place of places) takeClip(place);
    // From the last on, so that the others stay where they were found.
    if (ripple) for (const { start, end } of stretches.reverse()) shiftFrom(draft, end, start - end);
  });

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** In order of time, those that touch as one. */
function merged(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const { start, end } of [...stretches].sort((one, other) => one.start - other.start)) {
    const last = result.at(-1);
    if (last === undefined || last.end < start) result.push({ start, end });
    else result[result.length - 1] = { start: last.start, end: Math.max(last.end, end) };
  }
  return result;
}
