/** The worker that owns the GPU and the models: a generator for the page, through Comlink. */
import * as Comlink from 'comlink';
import { createGenerator, type GeneratedClip, type GeneratorApi, type SuspendedRun } from '../src/pipelines';
import { hostStoreFiles, ModelStore, type ModelFiles } from '../src/weights';
import { browserModelStore } from '../src/weights/browser';
import { browserHost } from './browser-host';
import { installErrorTransfer } from './error-transfer';
import { keptClips, type ClipContent, type KeptClipsApi } from './kept-clips';
import { createModelLibrary, type ModelLibraryApi } from './model-library';
import { checkedSetup, type ModelsSetup } from './models-setup';
import { createOwnMedia, type OwnMediaApi } from './own-media';

installErrorTransfer();

/** Everything that the page may call. */
export type WorkerApi = Omit<GeneratorApi, 'closeModel'> &
  ModelLibraryApi &
  OwnMediaApi & {
    /**
     * Says where models are and are kept, before one is asked for.
     * @throws AiprodError as checkedSetup
     */
    setUpModels(setup: ModelsSetup, storage?: ModelFiles): void;
  } & KeptClipsApi;

/**
 * The built worker lies in the build's assets folder, one below the page; in development the page is at the root. Asked of the worker's
 * address, not of `import.meta.url`, which bundlers of hosts take for a file to be found; and late, for a host's may be no folder's at all.
 */
const besidePage = (): string => new URL(import.meta.env.PROD ? '../models/' : '/models/', self.location.href).href;
const asFolder = (address: string): string => (address.endsWith('/') ? address : `${address}/`);
let modelsSetup: ModelsSetup = {};
let openStore = browserModelStore;
const { locate, locateAddOn, ...library } = createModelLibrary({
  modelsAddress: () => asFolder(modelsSetup.address ?? besidePage()),
  openStore: () => openStore(),
  offered: () => modelsSetup.offered ?? [],
  hub: () => modelsSetup.hub,
  onClosed: (name) => generator.closeModel(name),
});
const { addSound, addMedia, library: media } = createOwnMedia();
const generator = createGenerator(browserHost({ locate, locateAddOn, media }));
const { describe, machine, fingerprints, forecast, cancel, forget, listRuns } = generator;

const exposed: WorkerApi = {
  setUpModels(setup, storage) {
    modelsSetup = checkedSetup(setup);
    if (storage !== undefined) openStore = async () => new ModelStore(hostStoreFiles(storage));
  },
  ...library,
  addSound,
  addMedia,
  ...{ describe, machine, fingerprints, forecast, cancel, forget, listRuns },
  clipPicture: keptClips.clipPicture,
  readClip: async (file) => {
    const content = await keptClips.readClip(file);
    return Comlink.transfer(content, buffersOf(content));
  },
  generate: async (job, onEvent, options) => handOver(await generator.generate(job, onEvent, options)),
};

/** A clip's memory moves to the page: copying large frames would make it stutter. */
function handOver(outcome: GeneratedClip | SuspendedRun): GeneratedClip | SuspendedRun {
  if ('suspended' in outcome) return outcome;
  return Comlink.transfer(outcome, [...buffersOf(outcome), outcome.file.bytes.buffer, outcome.latents.buffer]);
}

function buffersOf({ pixels, sound }: ClipContent): ArrayBufferLike[] {
  return [pixels.buffer, ...(sound?.waveform.channels ?? []).map((samples) => samples.buffer)];
}

Comlink.expose(exposed);
