import type { Edit } from '../undo';
import { linkedPlaces, settled } from './draft';

/** Makes one group of clips, and of all that is linked to them. */
export const link = (clips: readonly string[], group: string): Edit =>
  settled((draft) => {
    for (const { clip } of linkedPlaces(draft, clips)) clip.link = group;
  });

/** Takes the groups of clips apart. */
export const unlink =
  (clips: readonly string[]): Edit =>
  (draft) => {
    for (const { clip } of linkedPlaces(draft, clips)) delete clip.link;
  };
