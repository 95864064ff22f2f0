import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { linkedPlaces, neighbours, placeOf, settled, type ClipDraft } from './draft';
import { anyway, both, frameOf, freeRange, moveEdge, ownRange, within, type Edge } from './edges';
import { RefusedEdit } from './refused-edit';
import type { MediaLengths } from './source-time';

export interface RollOptions {
  readonly clip: string;
  readonly edge: Edge;
  readonly by: number;
  readonly lengths: MediaLengths;
}

/** Moves the cut between two clips: one gets what the other gives. @throws RefusedEdit `notAdjacent` where none lies beside it */
export const roll = ({ clip, edge, by, lengths }: RollOptions): Edit =>
  settled((draft) => {
    const { rate } = draft;
    const at = frameOf(placeOf(draft, clip).clip, edge);
    const moving = new Map<string, { readonly clip: ClipDraft; readonly edge: Edge }>();
    let range = anyway;
    let pairs = 0;
    for (const place of linkedPlaces(draft, [clip])) {
      if (frameOf(place.clip, edge) !== at) continue;
      const { before, after } = neighbours(place);
      const beside = edge === 'start' ? before : after;
      const meets = beside !== undefined && (edge === 'start' ? endOf(beside) : beside.start) === at;
      moving.set(place.clip.id, { clip: place.clip, edge });
      if (!meets) {
        range = both(range, freeRange(place, edge));
        continue;
      }
      pairs++;
      moving.set(beside.id, { clip: beside, edge: edge === 'start' ? 'end' : 'start' });
    }
    if (pairs === 0) throw new RefusedEdit('notAdjacent');
    for (const one of moving.values()) range = both(range, ownRange(one.clip, one.edge, rate, lengths));
    const moved = within(by, range);
    for (const one of moving.values()) moveEdge(one.clip, one.edge, moved, rate);
  });
