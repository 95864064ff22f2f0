import type { PickedFolder } from '../../../workers';
import { blobFileTree, directoryFileTree, type FileTree } from '../../weights';
import { problemOf, type Problem } from '../state/problem';
import { readTrainingFolder, type TrainingReading } from './training-folder';

export type TrainingView =
  | { readonly status: 'none' }
  | { readonly status: 'reading'; readonly name: string }
  | {
      readonly status: 'open';
      readonly tree: FileTree;
      readonly reading: TrainingReading;
      /** Whether its files can be read anew. */ readonly live: boolean;
    }
  | { readonly status: 'failed'; readonly problem: Problem };

/** The training run that the page watches. */
export interface TrainingState {
  readonly training: TrainingView;
  openTraining(folder: PickedFolder): Promise<void>;
  /** Reads its files anew, where the browser gave a handle. */
  refreshTraining(): Promise<void>;
  closeTraining(): void;
}

export interface TrainingActionsOptions {
  readonly get: () => TrainingState;
  readonly set: (change: Partial<TrainingState>) => void;
}

export function trainingActions({ get, set }: TrainingActionsOptions): TrainingState {
  return {
    training: { status: 'none' },

    async openTraining(folder) {
      const live = folder.kind === 'handle';
      const tree = live ? directoryFileTree(folder.handle) : blobFileTree(folder.name, folder.files);
      const reading: TrainingView = { status: 'reading', name: tree.name };
      set({ training: reading });
      const settle = (training: TrainingView): void => {
        if (get().training === reading) set({ training });
      };
      try {
        settle({ status: 'open', tree, live, reading: await readTrainingFolder(tree) });
      } catch (error) {
        settle({ status: 'failed', problem: problemOf(error) });
      }
    },

    async refreshTraining() {
      const { training } = get();
      if (training.status !== 'open' || !training.live) return;
      try {
        const reading = await readTrainingFolder(training.tree);
        if (get().training === training && changed(training.reading, reading)) set({ training: { ...training, reading } });
      } catch (error) {
        // The folder went away, or may no longer be read.
        if (get().training === training) set({ training: { status: 'failed', problem: problemOf(error) } });
      }
    },

    closeTraining: () => set({ training: { status: 'none' } }),
  };
}

function changed(before: TrainingReading, after: TrainingReading): boolean {
  return (
    before.metrics.length !== after.metrics.length ||
    before.samples.length !== after.samples.length ||
    before.metrics.at(-1)?.step !== after.metrics.at(-1)?.step
  );
}
