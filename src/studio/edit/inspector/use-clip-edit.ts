import { useCallback } from 'react';
import type { Draft } from 'immer';
import type { Clip, EditLabel } from '../../../project';
import { useStudio } from '../../state/context';

/**
 * Changes clips of the sequence as one step of undo: `change` is called for each. `merge` joins steps that follow each other: a drag, typing in
 * one field.
 */
export type ClipEdit = (key: EditLabel['key'], change: (clip: Draft<Clip>) => void, merge?: string) => void;

export function useClipEdit(...ids: readonly string[]): ClipEdit {
  const change = useStudio((state) => state.change);
  const named = ids.join(' ');
  return useCallback(
    (key, edit, merge) => {
      const wanted = new Set(named.split(' '));
      change(
        { key },
        (draft) => {
          // What is locked stays as it is, also where other clips of the selection change.
          const clips = draft.tracks.filter(({ locked }) => !locked).flatMap<Draft<Clip>>((track) => track.clips);
          for (const clip of clips) if (wanted.has(clip.id)) edit(clip);
        },
        merge === undefined ? undefined : `${named} ${merge}`,
      );
    },
    [change, named],
  );
}
