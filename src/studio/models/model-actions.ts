import {
  outlinePrefix,
  type GeneratorDescription,
  type JobForecast,
  type JobSize,
  type OutlineName,
  type RunLimits,
} from '../../pipelines';
import type { AddOnListing, GeneratorConnection, ModelListing, PickedFolder } from '../../../workers';
import { problemOf, type Problem } from '../state/problem';
import { mayRead, type FolderMemory, type KnownFolder } from './folder-memory';

/** What is being done about models besides running them. */
export type ModelWork =
  | { readonly status: 'idle' }
  | { readonly status: 'opening'; readonly name: string }
  | { readonly status: 'fetching'; readonly source: string; readonly bytes: number; readonly totalBytes: number | undefined }
  | { readonly status: 'failed'; readonly problem: Problem };

/** Whether a released model would fit, before any of it is fetched: at the size that it is made for. */
export type FitCheck =
  | { readonly status: 'checking' }
  | { readonly status: 'known'; readonly memory: JobForecast; readonly size: JobSize }
  | { readonly status: 'failed'; readonly problem: Problem };

/** A folder of an earlier visit that the page may not read yet. */
export interface WaitingFolder extends KnownFolder {
  /** The person was asked on this visit, and gave no leave. */
  readonly refused: boolean;
}

/** The models of a studio. */
export interface ModelState {
  readonly models: readonly ModelListing[];
  /** LoRAs and upsamplers of the opened folders. */
  readonly addOns: readonly AddOnListing[];
  /** Folders of earlier visits that were not opened on this one. */
  readonly folders: readonly WaitingFolder[];
  /** What was asked about released models. */
  readonly fitChecks: Readonly<Partial<Record<OutlineName, FitCheck>>>;
  /** The model that runs use. */
  readonly model: string;
  readonly modelWork: ModelWork;

  /** Opens a model and takes its defaults; the one before stays when that fails. */
  chooseModel(name: string): Promise<void>;
  /** Opens a folder and, where it holds one model, chooses that. */
  openFolder(folder: PickedFolder): Promise<void>;
  /** Asks for a folder of an earlier visit again; must be called within a click or key press. */
  openKnownFolder(id: string): Promise<void>;
  forgetFolder(id: string): Promise<void>;
  fetchModel(source: string): Promise<void>;
  cancelFetch(): void;
  /** Asks what a released model needs, within the memory limit as it stands. */
  checkFit(name: OutlineName): Promise<void>;
  removeModel(name: string): Promise<void>;
  /** Reads what is there anew, and opens folders of earlier visits that may be read without asking. */
  loadModels(): Promise<void>;
}

export interface ModelActionsOptions {
  readonly connection: () => GeneratorConnection | undefined;
  readonly get: () => ModelState;
  readonly set: (change: Partial<ModelState>) => void;
  readonly memory: FolderMemory;
  /** Takes a model's description over into the form. */
  readonly adopt: (description: GeneratorDescription) => void;
  /** Whether a run holds the model. */
  readonly busy: () => boolean;
  readonly limits: () => RunLimits;
}

const idle: ModelWork = { status: 'idle' };

export function modelActions({ connection, get, set, memory, adopt, busy, limits }: ModelActionsOptions): ModelState {
  const refresh = async (opened: GeneratorConnection): Promise<void> => {
    const models = await opened.listModels();
    const addOns = await opened.listAddOns();
    if (connection() === opened) set({ models, addOns });
  };

  /** Runs a piece of work, one at a time; what goes wrong is told in words. */
  const work = async (first: ModelWork, body: (opened: GeneratorConnection) => Promise<void>): Promise<void> => {
    const opened = connection();
    const { status } = get().modelWork;
    if (opened === undefined || busy() || status === 'opening' || status === 'fetching') return;
    set({ modelWork: first });
    try {
      await body(opened);
      if (connection() === opened) set({ modelWork: idle });
    } catch (error) {
      const problem = problemOf(error);
      if (connection() === opened) set({ modelWork: problem.code === 'cancelled' ? idle : { status: 'failed', problem } });
    }
  };

  const choose = async (opened: GeneratorConnection, name: string): Promise<void> => {
    const description = await opened.describe(name);
    if (connection() !== opened) return;
    set({ model: name });
    adopt(description);
  };

  const openAndChoose = async (opened: GeneratorConnection, folder: PickedFolder): Promise<void> => {
    const found = await opened.openFolder(folder);
    if (folder.kind === 'handle') await memory.add(folder.handle);
    await refresh(opened);
    // Opened anew, the model in use may be another one now.
    const name = found.length === 1 ? found[0].name : found.find((listing) => listing.name === get().model)?.name;
    if (name !== undefined) await choose(opened, name);
  };

  return {
    models: [],
    addOns: [],
    fitChecks: {},
    folders: [],
    model: 'embedded',
    modelWork: idle,

    chooseModel: (name) => work({ status: 'opening', name }, (opened) => choose(opened, name)),

    openFolder: (folder) =>
      work({ status: 'opening', name: folder.kind === 'handle' ? folder.handle.name : folder.name }, (opened) =>
        openAndChoose(opened, folder),
      ),

    async openKnownFolder(id) {
      const folder = get().folders.find((known) => known.id === id);
      if (folder === undefined) return;
      if (!(await mayRead(folder.handle, true))) {
        return set({ folders: get().folders.map((known) => (known.id === id ? { ...known, refused: true } : known)) });
      }
      await work({ status: 'opening', name: folder.name }, async (opened) => {
        await openAndChoose(opened, { kind: 'handle', handle: folder.handle });
        set({ folders: get().folders.filter((known) => known.id !== id) });
      });
    },

    async forgetFolder(id) {
      await memory.remove(id);
      set({ folders: get().folders.filter((known) => known.id !== id) });
    },

    fetchModel: (source) =>
      work({ status: 'fetching', source, bytes: 0, totalBytes: undefined }, async (opened) => {
        try {
          const { name } = await opened.fetchModel(source, ({ bytes, totalBytes }) => {
            if (get().modelWork.status === 'fetching') set({ modelWork: { status: 'fetching', source, bytes, totalBytes } });
          });
          await choose(opened, name);
        } finally {
          await refresh(opened);
        }
      }),

    cancelFetch() {
      if (get().modelWork.status !== 'fetching') return;
      connection()
        ?.cancelFetch()
        .catch((error: unknown) => set({ modelWork: { status: 'failed', problem: problemOf(error) } }));
    },

    async checkFit(name) {
      const opened = connection();
      if (opened === undefined) return;
      const tell = (check: FitCheck): void => {
        if (connection() === opened) set({ fitChecks: { ...get().fitChecks, [name]: check } });
      };
      tell({ status: 'checking' });
      try {
        const model = `${outlinePrefix}${name}`;
        const { width, height, frames } = (await opened.describe(model)).traits.defaults;
        const memory = await opened.forecast({ prompt: name, model, width, height, frames }, limits());
        tell({ status: 'known', memory, size: { width, height, frames } });
      } catch (error) {
        tell({ status: 'failed', problem: problemOf(error) });
      }
    },

    removeModel: (name) =>
      work(idle, async (opened) => {
        if (get().model === name) await choose(opened, 'embedded');
        await opened.removeModel(name);
        await refresh(opened);
      }),

    async loadModels() {
      const opened = connection();
      if (opened === undefined) return;
      const waiting: WaitingFolder[] = [];
      try {
        for (const folder of await memory.list()) {
          // A folder that was moved or emptied is still listed, so that the person can forget it.
          const isOpen =
            (await mayRead(folder.handle, false)) &&
            (await opened.openFolder({ kind: 'handle', handle: folder.handle }).then(
              () => true,
              () => false,
            ));
          if (!isOpen) waiting.push({ ...folder, refused: false });
        }
        await refresh(opened);
      } catch (error) {
        if (connection() === opened) set({ modelWork: { status: 'failed', problem: problemOf(error) } });
      }
      if (connection() === opened) set({ folders: waiting });
    },
  };
}
