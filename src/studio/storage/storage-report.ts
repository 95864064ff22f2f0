import { problemOf, type Problem } from '../state/problem';
import type { StudioStorage } from './storage';

/** Whether the browser promised to keep what is stored when the disk gets full. */
export type Persistence = 'unasked' | 'granted' | 'refused' | 'unavailable';

export interface StorageReport {
  /** Bytes of clips and other files of projects. */
  readonly files: number;
  readonly fileCount: number;
  /** Bytes of files that no project, queue or undo step names. */
  readonly unused: number;
  /** All that this page stores, models too; absent where the browser does not say. */
  readonly used?: number;
  /** What the browser would let the page store; no promise that the disk has it. */
  readonly quota?: number;
}

/** What the studio stores in this browser. */
export interface StorageState {
  /** Whether what is kept is there on the next visit; undefined until it is known. */
  readonly lasting: boolean | undefined;
  readonly persistence: Persistence;
  readonly storageReport: StorageReport | undefined;
  readonly storageProblem: Problem | undefined;

  /** Asks the browser to keep what is stored, once: when the first thing is stored that would be missed. */
  askToPersist(): Promise<void>;
  measureStorage(): Promise<void>;
  removeUnusedFiles(): Promise<void>;
}

export interface StorageOptions {
  readonly storage: StudioStorage;
  readonly set: (change: Partial<StorageState>) => void;
  readonly get: () => StorageState;
  /** Text in which files that are in use now are named by their fingerprints, besides what is stored. */
  readonly inUse: () => string;
  /** The browser's own storage; absent where there is none. */
  readonly manager?: Pick<StorageManager, 'persist' | 'persisted' | 'estimate'>;
}

const fingerprints = /(?:sampled-)?sha256:[0-9a-f]{64}/g;

export function storageActions({ storage, get, set, inUse, manager }: StorageOptions): StorageState {
  let asked: Promise<void> | undefined;

  /** A file is used when any document names it. */
  const unusedFiles = async (): Promise<{ readonly all: readonly StoredFile[]; readonly unused: readonly StoredFile[] }> => {
    const all = await storage.listFiles();
    const used = new Set(inUse().match(fingerprints) ?? []);
    for (const name of await storage.listDocuments()) {
      for (const found of (await storage.readDocument(name))?.match(fingerprints) ?? []) used.add(found);
    }
    return { all, unused: all.filter(({ fingerprint }) => !used.has(fingerprint)) };
  };

  const ask = async (): Promise<void> => {
    if (manager === undefined) return set({ persistence: 'unavailable' });
    const granted = (await manager.persisted()) || (await manager.persist());
    set({ persistence: granted ? 'granted' : 'refused' });
  };

  return {
    lasting: undefined,
    persistence: 'unasked',
    storageReport: undefined,
    storageProblem: undefined,

    async askToPersist() {
      if (!(await storage.lasting())) return;
      asked ??= ask().catch((error: unknown) => {
        console.warn(`storage: the browser did not answer: ${problemOf(error).report}`);
        set({ persistence: 'unavailable' });
      });
      await asked;
    },

    async measureStorage() {
      set({ lasting: await storage.lasting() });
      // Looked up without asking, so that the answer of an earlier visit is shown.
      if (get().persistence === 'unasked' && (await manager?.persisted()) === true) set({ persistence: 'granted' });
      const { all, unused } = await unusedFiles();
      const { usage, quota } = (await manager?.estimate()) ?? {};
      set({
        storageReport: {
          ...{ files: bytesOf(all), fileCount: all.length, unused: bytesOf(unused) },
          ...(usage === undefined ? {} : { used: usage }),
          ...(quota === undefined ? {} : { quota }),
        },
      });
    },

    async removeUnusedFiles() {
      set({ storageProblem: undefined });
      try {
        for (const { fingerprint } of (await unusedFiles()).unused) await storage.removeFile(fingerprint);
      } catch (error) {
        set({ storageProblem: problemOf(error) });
      }
      await get().measureStorage();
    },
  };
}

interface StoredFile {
  readonly fingerprint: string;
  readonly bytes: number;
}

const bytesOf = (files: readonly StoredFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
