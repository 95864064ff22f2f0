import { AiprodError } from '../src/errors';
import type { PartLocation } from '../src/pipelines';
import {
  addOnsInTree,
  blobFileTree,
  directoryFileTree,
  EMBEDDED_MODEL_FILES,
  fetchFileTree,
  modelsInTree,
  statedLicence,
  weightFileBytes,
  type FileTree,
  type FoundAddOn,
  type FoundModel,
  type LicenceAcceptance,
  type ModelManifest,
  type ModelStore,
} from '../src/weights';
import { browserModelStore } from '../src/weights/browser';
import { freeName } from './free-name';
import { browserTokenMemory, createHubToken, type HubTokenApi, type TokenMemory } from './hub-token';
import { offeredListing, offeredLocation, type OfferedModel } from './models-setup';
import { createStoredModels, type StoredModelsApi } from './stored-models';

/** A model that can be asked for by its name. */
export interface ModelListing {
  readonly name: string;
  /** Part of the page, offered by its host, in this browser's storage, or in a folder that the person opened. */
  readonly origin: 'embedded' | 'host' | 'stored' | 'folder';
  /** `begun`: its download was cut off and can go on. */
  readonly state: 'whole' | 'begun';
  /** Of its files; of a download that is not whole, what has arrived. Unknown of the embedded one until it is opened. */
  readonly bytes?: number;
  /** Of a download that is not whole: how much it will be, where the origin says so. */
  readonly totalBytes?: number;
  /** As its origin states it. */
  readonly licence?: string;
  /** Where it came from: the opened folder, an address, a hub id. */
  readonly from?: string;
  /** When it was fetched, ISO 8601. */
  readonly added?: string;
  readonly acceptance?: LicenceAcceptance;
  /** What the last check of its files found, and when. */
  readonly check?: NonNullable<ModelManifest['check']>;
}

/** A LoRA or latent upsampler that jobs can name. */
export interface AddOnListing {
  readonly name: string;
  readonly kind: FoundAddOn['kind'];
  /** The opened folder that it lies in. */
  readonly from: string;
}

/** A folder of the person's disk: a handle, or its files where a browser gives no handles. */
export type PickedFolder =
  | { readonly kind: 'handle'; readonly handle: FileSystemDirectoryHandle }
  | { readonly kind: 'files'; readonly name: string; readonly files: ReadonlyMap<string, File> };

/** What the worker offers a page besides generating. Plain data and handles, as structured clone carries them. */
export interface ModelLibraryApi extends StoredModelsApi, HubTokenApi {
  /** The embedded model, those of the store, and those of folders opened since the page was loaded. */
  listModels(): Promise<ModelListing[]>;
  /** LoRAs and upsamplers of the opened folders. */
  listAddOns(): Promise<AddOnListing[]>;
  /**
   * Looks for models, LoRAs and upsamplers in a folder. A folder that was opened before gives the same names.
   * @throws AiprodError `bad-input` when it holds none
   */
  openFolder(folder: PickedFolder): Promise<ModelListing[]>;
  /**
   * Removes a model of the store, or closes that of a folder, whose files stay as they are.
   * @throws AiprodError `bad-usage` while a clip is being made with it
   */
  removeModel(name: string): Promise<void>;
}

export interface ModelLibrary extends ModelLibraryApi {
  /** Where a model lies: its folder or its checkpoint. */
  locate(name: string): Promise<PartLocation>;
  /** Where a LoRA or an upsampler lies. @throws AiprodError `bad-input` when no opened folder has it */
  locateAddOn(name: string, kind: FoundAddOn['kind']): PartLocation;
}

interface OpenedFolder {
  readonly source: PickedFolder;
  readonly models: ReadonlyMap<string, { readonly found: FoundModel; readonly listing: ModelListing }>;
  readonly addOns: ReadonlyMap<string, FoundAddOn>;
}

export interface LibraryOptions {
  /** Folder on the web server that holds the models of the page. */
  readonly modelsAddress: () => string;
  readonly openStore?: () => Promise<ModelStore>;
  /** Models that the host offers. */
  readonly offered?: () => readonly OfferedModel[];
  /** Address of the hub that ids name; the usual one where it is undefined. */
  readonly hub?: () => string | undefined;
  /** Where the hub token is kept; in this browser when left out. */
  readonly tokenMemory?: TokenMemory;
  /** Hears of models whose files were closed or replaced. */
  onClosed(name: string): Promise<void>;
}

/** The models of this browser. */
export function createModelLibrary({
  modelsAddress,
  openStore = browserModelStore,
  offered = () => [],
  hub = () => undefined,
  tokenMemory = browserTokenMemory(),
  onClosed,
}: LibraryOptions): ModelLibrary {
  const folders: OpenedFolder[] = [];

  const embedded: ModelListing = { name: 'embedded', origin: 'embedded', state: 'whole', licence: 'Apache-2.0' };

  /** The store; undefined where the browser keeps no files for this page. */
  const storeOrNone = async (): Promise<ModelStore | undefined> => {
    try {
      return await openStore();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      console.info(`models: this browser keeps no files for the page: ${error.message}`);
      return undefined;
    }
  };

  const { token, ...tokenApi } = createHubToken(tokenMemory);

  const ofHost = (): ModelListing[] => offered().map(offeredListing);

  const inFolders = (): ModelListing[] => folders.flatMap(({ models }) => Array.from(models.values(), ({ listing }) => listing));

  const { listStored, locateOffered, ...storedModels } = createStoredModels({
    ...{ openStore, storeOrNone, hub, hubToken: token, onClosed },
    folderModel: (name) => folders.map(({ models }) => models.get(name)?.found).find((found) => found !== undefined),
    takenNames: () => [embedded, ...ofHost(), ...inFolders()].map(({ name }) => name),
  });

  /** A model that the host came to offer under the name of a stored one takes its place. */
  const stored = async (): Promise<ModelListing[]> => {
    const taken = new Set(ofHost().map(({ name }) => name));
    return (await listStored()).filter(({ name }) => !taken.has(name));
  };

  const close = async ({ models }: OpenedFolder): Promise<void> => {
    for (const name of models.keys()) await onClosed(name);
  };

  return {
    async listModels() {
      return [embedded, ...ofHost(), ...(await stored()), ...inFolders()];
    },

    listAddOns: async () =>
      folders.flatMap(({ addOns }) => Array.from(addOns, ([name, { kind, tree }]) => ({ name, kind, from: tree.name }))),

    locateAddOn(name, kind) {
      for (const { addOns } of folders) {
        const found = addOns.get(name);
        if (found?.kind === kind) return found;
      }
      throw new AiprodError('bad-input', `no opened folder has this ${kind === 'lora' ? 'LoRA' : 'upsampler'}`, {
        found: name,
        expected: folders.flatMap(({ addOns }) => [...addOns.keys()]).join(', ') || 'one in a folder that was opened',
        hint: 'Open its folder again',
      });
    },

    async openFolder(source) {
      const tree: FileTree = source.kind === 'handle' ? directoryFileTree(source.handle) : blobFileTree(source.name, source.files);
      const own = await addOnsInTree(tree);
      const found = (await modelsInTree(tree)).filter(({ path }) => path === '' || !own.some((addOn) => addOn.path === path));
      if (found.length === 0 && own.length === 0) {
        const files = await tree.list();
        throw new AiprodError('bad-input', 'the folder holds no model', {
          where: tree.name,
          expected: 'model_index.json with its folders, or a .safetensors or .gguf checkpoint',
          found: files.length === 0 ? 'no files' : `${files.length} other files`,
        });
      }
      const at = await indexOfSame(folders, source);
      const before = at === -1 ? undefined : folders[at];
      if (before !== undefined) {
        await close(before);
        folders.splice(at, 1);
      }
      const taken = new Set((await stored()).concat(embedded, ofHost(), inFolders()).map(({ name }) => name));
      const models = new Map<string, { found: FoundModel; listing: ModelListing }>();
      for (const model of found) {
        const name = freeName(model.name, taken);
        taken.add(name);
        const licence = await statedLicence(model.tree);
        const listing: ModelListing = {
          ...{ name, origin: 'folder', state: 'whole', bytes: await weightFileBytes(model), from: tree.name },
          ...(licence === undefined ? {} : { licence }),
        };
        models.set(name, { found: model, listing });
      }
      const takenAddOns = new Set(folders.flatMap(({ addOns }) => [...addOns.keys()]));
      const addOns = new Map<string, FoundAddOn>();
      for (const addOn of own) {
        const name = freeName(addOn.name, takenAddOns);
        takenAddOns.add(name);
        addOns.set(name, addOn);
      }
      folders.push({ source, models, addOns });
      return Array.from(models.values(), ({ listing }) => listing);
    },

    ...storedModels,
    ...tokenApi,

    async removeModel(name) {
      const at = folders.findIndex(({ models }) => models.has(name));
      if (at !== -1) {
        await close(folders[at]);
        folders.splice(at, 1);
        return;
      }
      await onClosed(name);
      await (await openStore()).remove(name);
    },

    async locate(name) {
      if (name === 'embedded') {
        return { tree: fetchFileTree(`${modelsAddress()}embedded/`, { files: EMBEDDED_MODEL_FILES }), path: '' };
      }
      const own = offered().find((model) => model.name === name);
      if (own !== undefined) return offeredLocation(own);
      for (const { models } of folders) {
        const model = models.get(name);
        if (model !== undefined) return model.found;
      }
      const lookedUp = locateOffered(name);
      if (lookedUp !== undefined) return lookedUp;
      const store = await storeOrNone();
      const manifest = await store?.find(name);
      if (store === undefined || manifest === undefined) {
        throw new AiprodError('bad-input', 'the page has no such model', {
          found: name,
          expected: [embedded, ...ofHost(), ...(await stored()), ...inFolders()].map((listing) => listing.name).join(', '),
          hint: 'Open its folder again',
        });
      }
      // One weight file is a model by itself; more are a folder.
      return { tree: await store.tree(name), path: manifest.files.length === 1 ? manifest.files[0].path : '' };
    },
  };
}

async function indexOfSame(folders: readonly OpenedFolder[], picked: PickedFolder): Promise<number> {
  for (const [at, { source }] of folders.entries()) {
    if (source.kind === 'handle' && picked.kind === 'handle' && (await source.handle.isSameEntry(picked.handle))) return at;
    if (source.kind === 'files' && picked.kind === 'files' && source.name === picked.name) return at;
  }
  return -1;
}
