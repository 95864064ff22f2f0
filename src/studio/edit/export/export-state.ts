import type { ExportProgress, ExportSettings, ExportTarget } from '../../../../workers';
import type { EditorState } from '../../state/editor-state';
import { problemOf, type Problem } from '../../state/problem';

export type ExportStatus =
  | { readonly status: 'waiting' }
  /** `began`: milliseconds of the studio's clock. */
  | { readonly status: 'running'; readonly began: number; readonly progress: ExportProgress | undefined; readonly stopping: boolean }
  /** `file`: of a download; undefined where it lies where the person chose. */
  | { readonly status: 'done'; readonly file: File | undefined; readonly seconds: number }
  | { readonly status: 'failed'; readonly problem: Problem };

export interface ExportJob {
  readonly id: string;
  readonly name: string;
  readonly settings: ExportSettings;
  readonly target: ExportTarget;
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
  readonly get: () => ExportState & EditorState;
  readonly set: (change: Partial<ExportState>) => void;
  readonly now: () => number;
  readonly newId: () => string;
  readonly pickExport: PickExport | undefined;
}

export function exportActions({ get, set, now, newId, pickExport }: ExportActionsOptions): ExportState {
  const change = (id: string, state: ExportStatus): void =>
    set({ exports: get().exports.map((job) => (job.id === id ? { ...job, state } : job)) });
  const remove = (id: string): void => set({ exports: get().exports.filter((job) => job.id !== id) });

  const runNext = async (): Promise<void> => {
    const { exports, editor, openMedia } = get();
    if (exports.some(({ state }) => state.status === 'running')) return;
    const next = exports.find(({ state }) => state.status === 'waiting');
    if (next === undefined) return;
    const { id, settings, target } = next;
    const began = now();
    change(id, { status: 'running', began, progress: undefined, stopping: false });
    try {
      await openMedia();
      const file = await editor().export(id, settings, target, (progress) => {
        const current = get().exports.find((job) => job.id === id)?.state;
        if (current?.status === 'running') change(id, { ...current, progress });
      });
      change(id, { status: 'done', file, seconds: (now() - began) / 1000 });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'cancelled') remove(id);
      else change(id, { status: 'failed', problem });
    }
    await runNext();
  };

  return {
    pickExport,
    exports: [],
    startExport(name, settings, target) {
      const id = newId();
      set({ exports: [...get().exports, { id, name, settings, target, state: { status: 'waiting' } }] });
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
      if (job?.state.status === 'done' && job.target.kind === 'download') {
        // What stays behind is overwritten by the next export of that name.
        get()
          .editor()
          .dropDownload(job.target.name)
          .catch((error: unknown) => console.info(error));
      }
    },
  };
}
