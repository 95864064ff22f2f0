import type { MediaItem } from '../../project';
import { clipFile, type Clip } from '../state/clip';
import type { EditorState } from '../state/editor-state';
import { problemOf, type Problem } from '../state/problem';
import type { UiState } from '../state/ui';

/** Which two videos of the project are compared, by the ids of their media. */
export interface CompareState {
  readonly compared: { readonly left: string | undefined; readonly right: string | undefined };
  /** Why two clips could not be opened for it. */
  readonly compareProblem: Problem | undefined;

  compare(left: string, right: string): void;
  /** Takes two clips of this session into the project, and opens them side by side. */
  compareClips(left: Clip, right: Clip): Promise<void>;
}

export interface CompareActionsOptions {
  readonly get: () => EditorState & Pick<UiState, 'openWorkspace'>;
  readonly set: (change: Partial<CompareState>) => void;
}

export function compareActions({ get, set }: CompareActionsOptions): CompareState {
  const taken = (clip: Clip): Promise<MediaItem> => get().importFile(clipFile(clip));
  return {
    compared: { left: undefined, right: undefined },
    compareProblem: undefined,
    compare: (left, right) => set({ compared: { left, right } }),
    async compareClips(left, right) {
      try {
        const first = await taken(left);
        const second = await taken(right);
        set({ compared: { left: first.id, right: second.id }, compareProblem: undefined });
      } catch (error) {
        set({ compareProblem: problemOf(error) });
      }
      get().openWorkspace('compare');
    },
  };
}
