import * as Comlink from 'comlink';
import type { GeneratedClip, JobForecast, SuspendedRun } from '../src/pipelines';
import type { ModelFiles } from '../src/weights';
import type { WorkerApi } from './generator';
import type { ModelsSetup } from './models-setup';

/** The worker as a page sees it: every call is answered later, and the worker behind it can be closed. */
export interface GeneratorConnection extends Omit<WorkerApi, 'cancel' | 'stopModelWork' | 'setUpModels'> {
  cancel(): Promise<void>;
  stopModelWork(): Promise<void>;
  close(): void;
}

/**
 * Speaks to the worker that owns the GPU. A worker that cannot start, or dies, rejects every call instead of leaving it open.
 * @param setup where models are; beside the page and in this browser when left out. What it says wrong rejects every call
 * @param storage where fetched models are kept; this browser's private file system when left out
 */
export function connectGenerator(worker: Worker, setup: ModelsSetup = {}, storage?: ModelFiles): GeneratorConnection {
  const remote = Comlink.wrap<WorkerApi>(worker);
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) =>
      reject(new Error(`the generator's worker failed: ${event.message || 'its script could not be loaded'}`)),
    );
    // Calls are answered in their order: those that need a model come after.
    remote.setUpModels(setup, storage === undefined ? undefined : Comlink.proxy(storage)).catch(reject);
    worker.addEventListener('messageerror', () => reject(new Error("a message of the generator's worker could not be read")));
  });
  // Nobody may be waiting when it breaks; the next call then hears of it.
  broken.catch(() => undefined);
  const orBroken = <Result>(answer: Promise<Result>): Promise<Result> => Promise.race([answer, broken]);
  return {
    describe: (model) => orBroken(remote.describe(model)),
    machine: () => orBroken(remote.machine()),
    fingerprints: (model) => orBroken(remote.fingerprints(model)),
    forecast: (job, limits) => orBroken<JobForecast>(remote.forecast(job, limits)),
    generate: (job, onEvent, options) => orBroken<GeneratedClip | SuspendedRun>(remote.generate(job, Comlink.proxy(onEvent), options)),
    listRuns: () => orBroken(remote.listRuns()),
    forget: (run) => orBroken(remote.forget(run)),
    cancel: () => orBroken(remote.cancel()),
    listModels: () => orBroken(remote.listModels()),
    listAddOns: () => orBroken(remote.listAddOns()),
    openFolder: (folder) => orBroken(remote.openFolder(folder)),
    lookUpModel: (source) => orBroken(remote.lookUpModel(source)),
    forgetOffer: () => orBroken(remote.forgetOffer()),
    fetchModel: (source, accepted, onProgress) => orBroken(remote.fetchModel(source, accepted, Comlink.proxy(onProgress))),
    verifyModel: (name, onProgress) => orBroken(remote.verifyModel(name, Comlink.proxy(onProgress))),
    mendModel: (name, path, onProgress) => orBroken(remote.mendModel(name, path, Comlink.proxy(onProgress))),
    hubToken: () => orBroken(remote.hubToken()),
    keepHubToken: (token) => orBroken(remote.keepHubToken(token)),
    forgetHubToken: () => orBroken(remote.forgetHubToken()),
    stopModelWork: () => orBroken(remote.stopModelWork()),
    removeModel: (name) => orBroken(remote.removeModel(name)),
    addSound: (file, name) => orBroken(remote.addSound(file, name)),
    addMedia: (file, name) => orBroken(remote.addMedia(file, name)),
    readClip: (file) => orBroken(remote.readClip(file)),
    clipPicture: (file) => orBroken(remote.clipPicture(file)),
    close: () => {
      remote[Comlink.releaseProxy]();
      worker.terminate();
    },
  };
}
