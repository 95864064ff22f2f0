import type { Edit } from '../undo';
import { linkedPlaces, settled } from './draft';
import { anyway, both, moveSource, within } from './edges';
import { reachOf, type MediaLengths } from './source-time';

export interface SlipOptions {
  readonly clips: readonly string[];
  /** Frames of the sequence by which the clip shows what comes later in its media; as many as that has. */
  readonly by: number;
  readonly lengths: MediaLengths;
}

/** Shows another part of the media in the same place. */
export const slip = ({ clips, by, lengths }: SlipOptions): Edit =>
  settled((draft) => {
    const places = linkedPlaces(draft, clips);
    const range = places.reduce((so, { clip }) => {
      const { before, duration } = reachOf(clip, draft.rate, lengths);
      return both(so, { least: -before, most: Math.max(0, duration - clip.duration) });
    }, anyway);
    const moved = within(by, range);
    for (const { clip } of places) moveSource(clip, moved, draft.rate);
  });
