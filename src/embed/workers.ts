import { connectEditor, connectGenerator, type EditorConnection, type GeneratorConnection } from '../../workers';
import { setupOf, type StudioModels } from './models';

/** The workers of the studio: `generator` owns the GPU and the models, `editor` decodes and draws what is edited. */
export type StudioWorker = 'generator' | 'editor';

export interface WorkerOptions {
  /** Starts a worker, where a bundler does not find the studio's own: of the package's `worker` or `editor-worker` entry. */
  readonly createWorker?: (worker: StudioWorker) => Worker;
  /** Address of a worker's script, in place of `createWorker`. */
  readonly workerUrl?: (worker: StudioWorker) => string | URL;
  /** Address of the folder whose folder `embedded` is the built-in model: the package's `public/models`, served by the host. */
  readonly modelsUrl?: string | URL;
  /** Where other models come from and are kept, in place of the studio's own ways. */
  readonly models?: StudioModels;
}

// The build writes the expression `new URL('./worker.js', import.meta.url)` in place of each: as a literal argument of `new Worker`,
// where bundlers look for it.
declare const __AIPROD_GENERATOR_URL__: URL;
declare const __AIPROD_EDITOR_URL__: URL;

function startWorker(worker: StudioWorker, { createWorker, workerUrl }: WorkerOptions): Worker {
  if (createWorker !== undefined) return createWorker(worker);
  if (workerUrl !== undefined) return new Worker(workerUrl(worker), { type: 'module', name: `aiprod-${worker}` });
  return worker === 'generator'
    ? new Worker(__AIPROD_GENERATOR_URL__, { type: 'module', name: 'aiprod-generator' })
    : new Worker(__AIPROD_EDITOR_URL__, { type: 'module', name: 'aiprod-editor' });
}

export const startGenerator = (options: WorkerOptions): GeneratorConnection =>
  connectGenerator(startWorker('generator', options), setupOf(options.models, options.modelsUrl), options.models?.storage);

export const startEditor = (options: WorkerOptions): EditorConnection => connectEditor(startWorker('editor', options));
