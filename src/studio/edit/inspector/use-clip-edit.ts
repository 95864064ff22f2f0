import { useCallback } from 'react';
import type { Draft } from 'immer';
import type { Clip, EditLabel } from '../../../project';
import { useStudio } from '../../state/context';

/** Changes one clip of the sequence as a step of undo. `merge` joins steps that follow each other: a drag, typing in one field. */
export type ClipEdit = (key: EditLabel['key'], change: (clip: Draft<Clip>) => void, merge?: string) => void;

export function useClipEdit(id: string): ClipEdit {
  const change = useStudio((state) => state.change);
  return useCallback(
    (key, edit, merge) =>
      change(
        { key },
        (draft) => {
          const clip = draft.tracks.flatMap<Draft<Clip>>(({ clips }) => clips).find((candidate) => candidate.id === id);
          if (clip !== undefined) edit(clip);
        },
        merge === undefined ? undefined : `${id} ${merge}`,
      ),
    [change, id],
  );
}
