import { memoryStore, type NodeStore } from './dag';

/**
 * What unfinished runs have done, by the name of the run: results of their nodes and where denoising stands. A place that keeps it on
 * disk lets runs go on after a reload.
 */
export interface RunStates {
  open(run: string): Promise<NodeStore>;
  /** Forgets a run; one that is not known is none. */
  remove(run: string): Promise<void>;
  /** Names of all runs that something is kept of. */
  list(): Promise<readonly string[]>;
}

/** Keeps them until the process ends. */
export function memoryRunStates(): RunStates {
  const stores = new Map<string, NodeStore>();
  return {
    async open(run) {
      const store = stores.get(run) ?? memoryStore();
      stores.set(run, store);
      return store;
    },
    remove: async (run) => void stores.delete(run),
    list: async () => [...stores.keys()],
  };
}
