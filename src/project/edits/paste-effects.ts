import type { Effect } from '../sequence/effect';
import type { Edit } from '../undo';
import { placesWhere, unlocked } from './draft';
import { RefusedEdit } from './refused-edit';

export interface PasteEffectsOptions {
  /** What is seen of them gets the effects; sound has none. */
  readonly clips: readonly string[];
  readonly effects: readonly Effect[];
  readonly newId: () => string;
}

/** Puts effects after those that clips have. @throws RefusedEdit `kind` where none of the clips is seen, `locked` */
export const pasteEffects =
  ({ clips, effects, newId }: PasteEffectsOptions): Edit =>
  (draft) => {
    const named = new Set(clips);
    const places = unlocked(placesWhere(draft, ({ id, kind }) => named.has(id) && kind !== 'sound'));
    if (places.length === 0) throw new RefusedEdit('kind');
    for (const { clip } of places) {
      if (clip.kind !== 'sound') clip.effects.push(...effects.map((effect) => ({ ...structuredClone(effect), id: newId() })));
    }
  };
