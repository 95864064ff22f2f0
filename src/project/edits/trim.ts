import type { Edit } from '../undo';
import { linkedPlaces, placeOf, settled, unlocked } from './draft';
import { anyway, both, frameOf, freeRange, moveEdge, ownRange, within, type Edge } from './edges';
import { shiftFrom } from './shift';
import type { MediaLengths } from './source-time';

export interface TrimOptions {
  readonly clip: string;
  readonly edge: Edge;
  /** Frames: positive is later in time. As much of it is done as the media, the neighbours and one frame that stays allow. */
  readonly by: number;
  /** Closes and makes room: what follows moves along. */
  readonly ripple?: boolean;
  /** Leaves what is linked as it is: picture and sound then begin or end apart. */
  readonly alone?: boolean;
  readonly lengths: MediaLengths;
}

/** Moves an edge of a clip, and those of clips linked with it that lie at the same frame. */
export const trim = ({ clip, edge, by, ripple = false, alone = false, lengths }: TrimOptions): Edit =>
  settled((draft) => {
    const { rate } = draft;
    const main = placeOf(draft, clip);
    const at = frameOf(main.clip, edge);
    const places = alone ? unlocked([main]) : linkedPlaces(draft, [clip]).filter((place) => frameOf(place.clip, edge) === at);
    const range = places.reduce((so, place) => {
      const own = both(so, ownRange(place.clip, edge, rate, lengths));
      return ripple ? own : both(own, freeRange(place, edge));
    }, anyway);
    const moved = within(by, range);
    const moveAll = (): void => {
      for (const place of places) moveEdge(place.clip, edge, moved, rate);
    };
    // Where a clip grows, what follows makes way first; where it shrinks, it closes up after.
    if (!ripple) moveAll();
    else if (edge === 'end') {
      if (moved > 0) shiftFrom(draft, at, moved);
      moveAll();
      if (moved < 0) shiftFrom(draft, at, moved);
    } else {
      if (moved < 0) shiftFrom(draft, at, -moved);
      moveAll();
      if (moved > 0) shiftFrom(draft, at + moved, -moved);
    }
  });
