import { AiprodError } from '../src/errors';
import type { PartLocation } from '../src/pipelines';
import {
  checkStructure,
  hubHeaders,
  hubOrigin,
  isOpenLicence,
  licenceText,
  modelBytes,
  modelNameOf,
  notedManifest,
  remoteFileTree,
  urlOrigin,
  type FileCheck,
  type FoundModel,
  type ModelManifest,
  type ModelStore,
  type RemoteModel,
  type StoreEntry,
  type StoreOptions,
  type StoreProgress,
} from '../src/weights';
import type { ModelListing } from './model-library';

/** A model that could be fetched: what it is, what it will take, on which terms. Plain data. */
export interface ModelOffer {
  /** As it was asked for: an https address or a hub id. */
  readonly source: string;
  /** Name that it will have here. */
  readonly name: string;
  /** Whether a model of this name is stored already, or a part of it. */
  readonly stored: ModelListing['state'] | 'none';
  readonly files: readonly { readonly path: string; readonly bytes?: number }[];
  /** Absent where the origin does not say. */
  readonly totalBytes?: number;
  /** Of an earlier download that goes on. */
  readonly haveBytes: number;
  /** What the browser would let the page store; absent where it does not say. */
  readonly freeBytes?: number;
  /** Commit of a hub repository. */
  readonly revision?: string;
  /** As the origin states it. */
  readonly licence?: string;
  readonly licenceLink?: string;
  readonly licenceText?: string;
  /** Whether it lays no condition on use; others are agreed to before anything is fetched. */
  readonly isOpen: boolean;
  /** The name by which jobs can be planned for it: its headers are read where they lie. */
  readonly readName: string;
}

/** What a check of a model's files found. */
export interface ModelCheck {
  /** What was looked at: every byte by its hash, or whether the files are whole by their headers. */
  readonly by: 'hashes' | 'structure';
  readonly files: readonly FileCheck[];
}

/** What a page may do with models of the network and of this browser's storage. One piece of work at a time. */
export interface StoredModelsApi {
  /**
   * Looks at a model of the network, by https address or hub id; fetches its list of files and its licence.
   * @throws AiprodError as hubOrigin and urlOrigin
   */
  lookUpModel(source: string): Promise<ModelOffer>;
  /** Closes what was looked up last. */
  forgetOffer(): Promise<void>;
  /**
   * Fetches a model into this browser's storage; goes on where a download of the same name was cut off, at the commit that it began with.
   * @param accepted whether the person agreed to its licence; kept with the model, so that going on needs it no more
   * @throws AiprodError as ModelStore.add; `bad-usage` where the licence must be agreed to and was not; `cancelled`
   */
  fetchModel(source: string, accepted: boolean, onProgress: (progress: StoreProgress) => void): Promise<ModelListing>;
  /**
   * Compares every file of a stored model with its hash; of an opened folder too where its hashes are known, else looks at its structure.
   * @throws AiprodError as ModelStore.verify; `cancelled`
   */
  verifyModel(name: string, onProgress: (progress: StoreProgress) => void): Promise<ModelCheck>;
  /** Fetches one damaged file again. @throws AiprodError as ModelStore.mend; `cancelled` */
  mendModel(name: string, path: string, onProgress: (progress: StoreProgress) => void): Promise<void>;
  /** Stops what is fetched or checked; what has arrived is kept. */
  stopModelWork(): void;
}

export interface StoredModels extends StoredModelsApi {
  listStored(): Promise<ModelListing[]>;
  /** Where the files of the offered model lie; undefined for other names. */
  locateOffered(name: string): PartLocation | undefined;
}

export interface StoredModelsOptions {
  readonly openStore: () => Promise<ModelStore>;
  /** Undefined where the browser keeps no files for this page. */
  readonly storeOrNone: () => Promise<ModelStore | undefined>;
  /** Address of the hub that ids name; the usual one where it is undefined. */
  readonly hub: () => string | undefined;
  readonly hubToken: () => Promise<string | undefined>;
  /** A model of an opened folder. */
  readonly folderModel: (name: string) => FoundModel | undefined;
  /** Names that models outside the store have. */
  readonly takenNames: () => readonly string[];
  /** Hears of models whose files are closed or replaced. */
  onClosed(name: string): Promise<void>;
}

export function createStoredModels({
  openStore,
  storeOrNone,
  hub,
  hubToken,
  folderModel,
  takenNames,
  onClosed,
}: StoredModelsOptions): StoredModels {
  let work: AbortController | undefined;
  let offered: { readonly source: string; readonly readName: string; readonly remote: RemoteModel } | undefined;

  const alone = async <Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    if (work !== undefined)
      throw new AiprodError('bad-usage', 'a model is being fetched or checked already', { hint: 'Wait for it, or stop it' });
    const controller = new AbortController();
    work = controller;
    try {
      return await body(controller.signal);
    } finally {
      work = undefined;
    }
  };

  const listed = async (store: ModelStore | undefined): Promise<ModelListing[]> => ((await store?.list()) ?? []).map(listingOf);

  /** The name that a model from there has or will have: another one where a different model has it. */
  const placeFor = async (location: string, store: ModelStore | undefined) => {
    const listings = await listed(store);
    const before = listings.find(({ from }) => from === location);
    const taken = new Set([...takenNames(), ...listings.map((listing) => listing.name)]);
    const wanted = modelNameOf(location);
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`;
    return before === undefined ? { name } : { name: before.name, before, begun: await store?.begun(before.name) };
  };

  const forget = async (): Promise<void> => {
    if (offered === undefined) return;
    const { readName } = offered;
    offered = undefined;
    await onClosed(readName);
  };

  const originAt = async (address: string, revision?: string, signal?: AbortSignal): Promise<RemoteModel> => {
    if (/^https?:/i.test(address)) return urlOrigin(address);
    const at = hub();
    const token = await hubToken();
    return hubOrigin(address, {
      ...(token === undefined ? {} : { token }),
      ...(at === undefined ? {} : { hub: at }),
      ...(revision === undefined ? {} : { revision }),
      ...(signal === undefined ? {} : { signal }),
    });
  };

  const checkFolder = async (model: FoundModel, options: StoreOptions): Promise<ModelCheck> => {
    const manifest = await notedManifest(model);
    const store = manifest === undefined ? undefined : await storeOrNone();
    return manifest === undefined || store === undefined
      ? { by: 'structure', files: await checkStructure(model, options) }
      : { by: 'hashes', files: await store.compare(manifest, model.tree, options) };
  };

  return {
    listStored: async () => listed(await storeOrNone()),

    locateOffered(name) {
      if (offered?.readName !== name) return undefined;
      const { files } = offered.remote;
      return { tree: remoteFileTree(offered.remote), path: files.length === 1 ? files[0].path : '' };
    },

    async lookUpModel(source) {
      await forget();
      const address = addressOf(source);
      const store = await storeOrNone();
      const { name, before, begun } = await placeFor(address, store);
      const remote = await originAt(address, begun?.origin.revision);
      const readName = `offered:${address}`;
      offered = { source: address, readName, remote };
      const text = await licenceText(remote);
      const free = await store?.freeBytes();
      const { origin, licence, licenceLink, files } = remote;
      const known = files.every(({ bytes }) => bytes !== undefined);
      return {
        ...{ source: address, name, stored: before?.state ?? 'none', readName, isOpen: isOpenLicence(licence) },
        haveBytes: before?.state === 'begun' ? (before.bytes ?? 0) : 0,
        files: files.map(({ path, bytes }) => ({ path, ...(bytes === undefined ? {} : { bytes }) })),
        ...(known ? { totalBytes: files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) } : {}),
        ...(free === undefined ? {} : { freeBytes: free }),
        ...(origin.revision === undefined ? {} : { revision: origin.revision }),
        ...(licence === undefined ? {} : { licence }),
        ...(licenceLink === undefined ? {} : { licenceLink }),
        ...(text === undefined ? {} : { licenceText: text }),
      };
    },

    forgetOffer: forget,

    fetchModel: (source, accepted, onProgress) =>
      alone(async (signal) => {
        const address = addressOf(source);
        const store = await openStore();
        const { name, begun } = await placeFor(address, store);
        const remote = offered?.source === address ? offered.remote : await originAt(address, begun?.origin.revision, signal);
        const { licence } = remote;
        if (!isOpenLicence(licence) && !accepted && begun?.acceptance === undefined) {
          throw new AiprodError('bad-usage', 'the licence of this model must be agreed to before it is fetched', {
            where: address,
            found: licence ?? 'no licence stated',
          });
        }
        const acceptance = accepted ? { acceptance: { licence: licence ?? '', at: new Date().toISOString() } } : {};
        const manifest = await store.add(name, remote, { signal, onProgress, ...acceptance });
        if (offered?.source === address) await forget();
        return wholeListing(manifest);
      }),

    verifyModel: (name, onProgress) =>
      alone(async (signal) => {
        const folder = folderModel(name);
        if (folder !== undefined) return checkFolder(folder, { signal, onProgress });
        return { by: 'hashes', files: await (await openStore()).verify(name, undefined, { signal, onProgress }) };
      }),

    mendModel: (name, path, onProgress) =>
      alone(async (signal) => {
        // Nothing reads a file that is cut and grows again.
        await onClosed(name);
        const store = await openStore();
        const ofHub = (await store.find(name))?.origin.kind === 'hub';
        await store.mend(name, path, { signal, onProgress, ...(ofHub ? { headers: hubHeaders(await hubToken()) } : {}) });
      }),

    stopModelWork: () => work?.abort(),
  };
}

/** An address in its plain form, or a hub id. @throws AiprodError `bad-input` for an address that names no weight file */
function addressOf(source: string): string {
  const trimmed = source.trim();
  return /^https?:/i.test(trimmed) ? urlOrigin(trimmed).origin.location : trimmed;
}

function listingOf(entry: StoreEntry): ModelListing {
  if (entry.state === 'whole') return wholeListing(entry.manifest);
  const { name, download } = entry;
  if (download === undefined) return { name, origin: 'stored', state: 'begun' };
  const { origin, licence, acceptance, bytes, totalBytes } = download;
  return {
    ...{ name, origin: 'stored', state: 'begun', bytes, from: origin.location },
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(licence === undefined ? {} : { licence }),
    ...(acceptance === undefined ? {} : { acceptance }),
  };
}

function wholeListing(manifest: ModelManifest): ModelListing {
  const { name, origin, licence, acceptance, added, check } = manifest;
  return {
    ...{ name, origin: 'stored', state: 'whole', bytes: modelBytes(manifest), from: origin.location },
    ...(licence === undefined ? {} : { licence }),
    ...(acceptance === undefined ? {} : { acceptance }),
    ...(added === undefined ? {} : { added }),
    ...(check === undefined ? {} : { check }),
  };
}
