/** A studio for tests: a worker whose answers the test gives. */
import { expect, vi } from 'vitest';
import {
  jobForRecipe,
  parseJob,
  resolveJob,
  type GeneratedClip,
  type GeneratorDescription,
  type JobInput,
  type ProgressEvent,
  type RunOptions,
  type SuspendedRun,
} from '../../pipelines';
import type { GeneratorConnection, OwnPicture } from '../../../workers';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import type { TabLocks } from '../storage/tab-locks';
import { createStudioStore } from './studio-store';
import type { StudioUi } from './ui';

export const noEditor = (): never => {
  throw new Error('nothing is edited in this test');
};

const description: GeneratorDescription = {
  adapter: { vendor: '', architecture: 'swiftshader', device: '', description: '', isSoftware: true, backend: 'unknown' },
  features: { f16: false, subgroups: true, timestamps: true },
  traits: {
    defaults: { width: 64, height: 64, frames: 17, frameRate: 8, steps: 16, guidanceScale: 4 },
    sizeMultiple: 16,
    frameMultiple: 4,
  },
  model: { name: 'embedded', family: 'LTX-Video', weightBytes: 1, makesSound: false },
};

export function clipOf(input: JobInput): GeneratedClip {
  const job = resolveJob(parseJob(input), description.traits);
  return {
    width: job.width,
    height: job.height,
    frameRate: job.frameRate,
    frameCount: job.frames,
    pixels: new Uint8ClampedArray(16),
    file: { bytes: new Uint8Array(1), mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' },
    latents: new Float32Array(1),
    recipe: {
      recipe: 1,
      generator: 'test',
      job: jobForRecipe(job),
      model: { name: 'embedded', files: {} },
      adapter: { name: '', dtype: 'f32' },
    },
  };
}

export const picture: OwnPicture = {
  file: '',
  facts: { width: 64, height: 64, frames: 1, frameRate: null, fingerprint: `sha256:${'0'.repeat(64)}` },
  thumbnail: { width: 1, height: 1, pixels: new Uint8ClampedArray(4) },
};

type Outcome = GeneratedClip | SuspendedRun;

/** A connection whose answers the test gives. */
function scripted() {
  const jobs: JobInput[] = [];
  const options: RunOptions[] = [];
  const answers: { resolve(outcome: Outcome): void; reject(error: unknown): void; send(event: ProgressEvent): void }[] = [];
  const answer = (send: (event: ProgressEvent) => void): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      answers.push({ resolve, reject, send });
    });
  const connection: GeneratorConnection = {
    describe: () => Promise.resolve(description),
    fingerprints: () => Promise.resolve({ 'vae/model.safetensors': 'sha256:1', 'transformer/model.safetensors': 'sha256:2' }),
    forecast: () => Promise.resolve({ fits: true, totalBytes: 2, weightBytes: 1 }),
    generate: (job, onEvent, own = {}) => {
      jobs.push(job);
      options.push(own);
      return answer(onEvent);
    },
    listRuns: () => Promise.resolve([]),
    forget: vi.fn(() => Promise.resolve()),
    addMedia: (file, name = file.name) =>
      Promise.resolve({ ...picture, file: name, facts: { ...picture.facts, frames: /mp4$/.test(name) ? 33 : 1 } }),
    cancel: vi.fn(() => Promise.resolve()),
    listAddOns: () => Promise.resolve([]),
    listModels: () => Promise.resolve([{ name: 'embedded', origin: 'embedded', state: 'whole' }]),
    openFolder: vi.fn(),
    fetchModel: vi.fn(),
    stopModelWork: vi.fn(() => Promise.resolve()),
    ...{ machine: vi.fn(), lookUpModel: vi.fn(), forgetOffer: vi.fn(), verifyModel: vi.fn(), mendModel: vi.fn() },
    ...{ hubToken: vi.fn(), keepHubToken: vi.fn(), forgetHubToken: vi.fn() },
    removeModel: vi.fn(),
    readClip: vi.fn(),
    clipPicture: vi.fn(),
    addSound: vi.fn(),
    close: vi.fn(),
  };
  return { connection, jobs, answers, options };
}

/** Every tab is the only one. */
const alone: TabLocks = { take: () => Promise.resolve(() => Promise.resolve()) };

/** A studio whose worker answers as the test says, open, with a prompt in its form. */
export async function opened({ storage = memoryStorage(), ui = {} }: { readonly storage?: StudioStorage; readonly ui?: StudioUi } = {}) {
  const script = scripted();
  let seed = 100;
  const store = createStudioStore({
    connect: () => script.connection,
    connectEditor: noEditor,
    newSeed: () => seed++,
    now: () => 0,
    ...{ storage, ui },
    locks: alone,
  });
  const close = store.open();
  await vi.waitFor(() => expect(store.getState().forecast.status).toBe('known'));
  store.getState().edit({ prompt: 'a red ball' });
  return { ...script, store, close };
}
