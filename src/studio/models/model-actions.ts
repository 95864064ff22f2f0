import type { GeneratorDescription } from '../../pipelines';
import type { AddOnListing, GeneratorConnection, ModelListing, PickedFolder } from '../../../workers';
import { problemOf, type Problem } from '../state/problem';
import { mayRead, type FolderMemory, type KnownFolder } from './folder-memory';

/** Whether a model is being opened. */
export type ModelWork =
  | { readonly status: 'idle' }
  | { readonly status: 'opening'; readonly name: string }
  | { readonly status: 'failed'; readonly problem: Problem };

/** A model that is on its way, as it is told wherever models are named. */
export interface FetchingModel {
  readonly name: string;
  /** 0 to 1; undefined where nobody says how much it will be. */
  readonly share: number | undefined;
}

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
  /** The model that runs use. */
  readonly model: string;
  readonly modelWork: ModelWork;
  readonly fetchingModel: FetchingModel | undefined;

  /** Where models are looked up, fetched and checked; undefined while the studio is closed. */
  modelLibrary(): GeneratorConnection | undefined;
  /** Opens a model and takes its defaults; the one before stays when that fails. */
  chooseModel(name: string): Promise<void>;
  /** Opens a folder and, where it holds one model, chooses that. */
  openFolder(folder: PickedFolder): Promise<void>;
  /** Asks for a folder of an earlier visit again; must be called within a click or key press. */
  openKnownFolder(id: string): Promise<void>;
  forgetFolder(id: string): Promise<void>;
  /** Reads which models and add-ons there are. */
  refreshModels(): Promise<void>;
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
}

const idle: ModelWork = { status: 'idle' };

export function modelActions({ connection, get, set, memory, adopt, busy }: ModelActionsOptions): ModelState {
  const refresh = async (opened: GeneratorConnection): Promise<void> => {
    const models = await opened.listModels();
    const addOns = await opened.listAddOns();
    if (connection() === opened) set({ models, addOns });
  };

  /** Runs a piece of work, one at a time; what goes wrong is told in words. */
  const work = async (first: ModelWork, body: (opened: GeneratorConnection) => Promise<void>): Promise<void> => {
    const opened = connection();
    const { status } = get().modelWork;
    if (opened === undefined || busy() || status === 'opening') return;
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
    folders: [],
    model: 'embedded',
    modelWork: idle,
    fetchingModel: undefined,

    modelLibrary: connection,

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

    async refreshModels() {
      const opened = connection();
      if (opened !== undefined) await refresh(opened);
    },

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
