import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { linkedPlaces, neighbours, settled, type ClipDraft } from './draft';
import { anyway, both, freeRange, moveEdge, ownRange, within, type Edge } from './edges';
import type { MediaLengths } from './source-time';

export interface SlideOptions {
  readonly clips: readonly string[];
  readonly by: number;
  readonly lengths: MediaLengths;
}

/** Moves clips between those that touch them, which give and get what it takes: everything else stays where it is. */
export const slide = ({ clips, by, lengths }: SlideOptions): Edit =>
  settled((draft) => {
    const { rate } = draft;
    const places = linkedPlaces(draft, clips);
    const sliding = new Set(places.map(({ clip }) => clip.id));
    const edges: { readonly clip: ClipDraft; readonly edge: Edge }[] = [];
    let range = anyway;
    for (const place of places) {
      const { before, after } = neighbours(place);
      if (before === undefined || !sliding.has(before.id)) {
        if (before !== undefined && endOf(before) === place.clip.start) edges.push({ clip: before, edge: 'end' });
        else range = both(range, freeRange(place, 'start'));
      }
      if (after === undefined || !sliding.has(after.id)) {
        if (after !== undefined && after.start === endOf(place.clip)) edges.push({ clip: after, edge: 'start' });
        else range = both(range, freeRange(place, 'end'));
      }
    }
    for (const { clip, edge } of edges) range = both(range, ownRange(clip, edge, rate, lengths));
    const moved = within(by, range);
    for (const { clip, edge } of edges) moveEdge(clip, edge, moved, rate);
    for (const { clip } of places) clip.start += moved;
  });
