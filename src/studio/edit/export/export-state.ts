import type { EditorConnection, ExportProgress, ExportSettings, ExportTarget } from '../../../../workers';
import { freeFileName } from '../../../media';
import { problemOf, type Problem } from '../../state/problem';
import type { StudioStorage } from '../../storage/storage';
import type { TabLocks } from '../../storage/tab-locks';

export type ExportStatus =
  | { readonly status: 'waiting' }
  /** `began`: milliseconds of the studio's clock. */
  | { readonly status: 'running'; readonly began: number; readonly progress: ExportProgress | undefined; readonly stopping: boolean }
  /** `file`: of a download; undefined where it lies where the person chose. */
  | { readonly status: 'done'; readonly file: File | undefined; readonly seconds: number }
  | { readonly status: 'failed'; readonly problem: Problem }
  /** An earlier visit ended in the middle of it. */
  | { readonly status: 'cut' };

export interface ExportJob {
  readonly id: string;
  readonly name: string;
  /** What is to be written, and where; undefined of one that an earlier visit left. */
  readonly work: { readonly settings: ExportSettings; readonly target: ExportTarget } | undefined;
  readonly state: ExportStatus;
}

/**
 * Where an export goes that a person asks for: asked while their click still counts, so that the browser's dialogs may open. Undefined where the
 * person thought better of it.
 * @param name without its ending
 */
export type PickExport = (name: string, format: ExportSettings['format']) => Promise<ExportTarget | undefined>;

/** Exports, one after another in the background. */
export interface ExportState {
  /** The host's; the browser's own dialogs when undefined. */
  readonly pickExport: PickExport | undefined;
  /** In the order in which they were asked for. */
  readonly exports: readonly ExportJob[];

  /** @returns its id */
  startExport(name: string, settings: ExportSettings, target: ExportTarget): string;
  /** Stops one that runs; takes away one that waits, or is done. */
  removeExport(id: string): void;
}

export interface ExportActionsOptions {
  readonly get: () => Pick<ExportState, 'exports'> & {
    editor(): Pick<EditorConnection, 'export' | 'cancelExport' | 'dropDownload'>;
    openMedia(): Promise<void>;
  };
  readonly set: (change: Partial<ExportState>) => void;
  readonly now: () => number;
  readonly newId: () => string;
  readonly pickExport: PickExport | undefined;
  readonly storage: StudioStorage;
  readonly locks: TabLocks;
}

export interface Exports {
  readonly state: ExportState;
  /** Says of exports that an earlier visit did not end, unless another tab may be at them, that they were cut off. */
  restore(): Promise<void>;
  close(): void;
}

/** Document of the storage, and name of the lock of the tab that has it: names of exports that are not done. */
const documentName = 'exports';

export function exportActions({ get, set, now, newId, pickExport, storage, locks }: ExportActionsOptions): Exports {
  let release: (() => Promise<void>) | undefined;

  const note = (): void => {
    if (release === undefined) return;
    const names = get().exports.flatMap(({ name, state: { status } }) => (status === 'waiting' || status === 'running' ? [name] : []));
    const noted = names.length === 0 ? storage.removeDocument(documentName) : storage.writeDocument(documentName, JSON.stringify(names));
    noted.catch((error: unknown) => console.info(error));
  };

  const change = (id: string, state: ExportStatus): void =>
    set({ exports: get().exports.map((job) => (job.id === id ? { ...job, state } : job)) });
  const remove = (id: string): void => {
    set({ exports: get().exports.filter((job) => job.id !== id) });
    note();
  };

  const runNext = async (): Promise<void> => {
    const { exports, editor, openMedia } = get();
    if (exports.some(({ state }) => state.status === 'running')) return;
    const next = exports.find(({ state }) => state.status === 'waiting');
    if (next?.work === undefined) return;
    const { id, work } = next;
    const began = now();
    change(id, { status: 'running', began, progress: undefined, stopping: false });
    try {
      await openMedia();
      const file = await editor().export(id, work.settings, work.target, (progress) => {
        const current = get().exports.find((job) => job.id === id)?.state;
        if (current?.status === 'running') change(id, { ...current, progress });
      });
      change(id, { status: 'done', file, seconds: (now() - began) / 1000 });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'cancelled') remove(id);
      else change(id, { status: 'failed', problem });
    }
    note();
    await runNext();
  };

  const state: ExportState = {
    pickExport,
    exports: [],
    startExport(name, settings, target) {
      const id = newId();
      const { exports } = get();
      // Two of one name could not be told apart, and one could take the other's place on the person's disk.
      const own = target.kind === 'file' ? name : freeFileName(name, new Set(exports.map((job) => job.name.toLowerCase())));
      const named = target.kind === 'file' ? target : { ...target, name: own };
      set({ exports: [...exports, { id, name: own, work: { settings, target: named }, state: { status: 'waiting' } }] });
      note();
      void runNext();
      return id;
    },
    removeExport(id) {
      const job = get().exports.find((each) => each.id === id);
      if (job?.state.status === 'running') {
        change(id, { ...job.state, stopping: true });
        // A worker that cannot be told to stop is broken, which the export itself says.
        get()
          .editor()
          .cancelExport(id)
          .catch(() => undefined);
        return;
      }
      remove(id);
      if (job?.state.status === 'done' && job.work?.target.kind === 'download') {
        // What stays behind goes on the next visit.
        get()
          .editor()
          .dropDownload(id)
          .catch((error: unknown) => console.info(error));
      }
    },
  };
  return {
    state,

    async restore() {
      release = await locks.take(documentName, { onLost: () => (release = undefined) });
      const text = release === undefined ? undefined : await storage.readDocument(documentName);
      if (text === undefined) return;
      set({ exports: [...(await import('./cut-exports')).cutExports(text, newId), ...get().exports] });
      note();
    },

    close() {
      void release?.();
      release = undefined;
    },
  };
}
