import { describe, expect, it, vi } from 'vitest';
import type { GeneratorConnection } from '../../workers';
import { AiprodError } from '../errors';
import {
  jobForRecipe,
  parseJob,
  resolveJob,
  type GeneratedClip,
  type GeneratorDescription,
  type JobInput,
  type SuspendedRun,
} from '../pipelines';
import { createCommandRegistry, createStudioStore, memoryStorage } from '../studio';
import { studioApi } from './api';

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

function clipOf(input: JobInput): GeneratedClip {
  const job = resolveJob(parseJob(input), description.traits);
  const recipe = { recipe: 1, generator: 'test', job: jobForRecipe(job) } as const;
  return {
    ...{ width: job.width, height: job.height, frameRate: job.frameRate, frameCount: job.frames },
    ...{ pixels: new Uint8ClampedArray(16), latents: new Float32Array(1) },
    file: { bytes: new Uint8Array(1), mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' },
    recipe: { ...recipe, model: { name: 'embedded', files: {} }, adapter: { name: '', dtype: 'f32' } },
  };
}

/** A studio whose worker answers as the test says; it opens when `describe` is called. */
function mounted() {
  const jobs: JobInput[] = [];
  const answers: { resolve(outcome: GeneratedClip | SuspendedRun): void; reject(error: unknown): void }[] = [];
  let described: (answer: GeneratorDescription | Promise<GeneratorDescription>) => void = () => undefined;
  const connection: GeneratorConnection = {
    describe: () =>
      new Promise((resolve) => {
        described = resolve;
      }),
    forecast: () => Promise.resolve({ fits: true, totalBytes: 2, weightBytes: 1 }),
    generate(job) {
      jobs.push(job);
      return new Promise((resolve, reject) => {
        answers.push({ resolve, reject });
      });
    },
    ...{ listRuns: () => Promise.resolve([]), listAddOns: () => Promise.resolve([]), listModels: () => Promise.resolve([]) },
    ...{ cancel: () => Promise.resolve(), forget: () => Promise.resolve(), cancelFetch: () => Promise.resolve() },
    ...{ openFolder: vi.fn(), fetchModel: vi.fn(), removeModel: vi.fn(), readClip: vi.fn(), clipPicture: vi.fn() },
    ...{ addMedia: vi.fn(), addSound: vi.fn(), close: vi.fn() },
  };
  const store = createStudioStore({
    connect: () => connection,
    connectEditor: () => {
      throw new Error('nothing is edited in this test');
    },
    storage: memoryStorage(),
    locks: { take: () => Promise.resolve(() => Promise.resolve()) },
  });
  const close = store.open();
  const api = studioApi({ store, commands: createCommandRegistry() });
  return { api, store, close, jobs, answers, describe: (answer = Promise.resolve(description)) => described(answer) };
}

const settings = { prompt: 'a red ball', steps: 2, seed: 7 };

describe('generate, asked for by a program', () => {
  it('waits until the studio is open, and gives the clip of its own job', async () => {
    const { api, store, jobs, answers, describe } = mounted();
    const made = api.generate(settings);
    expect(jobs).toEqual([]);
    describe();
    await vi.waitFor(() => expect(jobs).toMatchObject([settings]));
    expect(store.getState().phase).toBe('open');
    // Another job waits behind it: the clip is there before the queue is empty.
    store.getState().edit({ seed: '8' });
    void store.getState().generate();
    const clip = clipOf(jobs[0]);
    answers[0].resolve(clip);
    expect(await made).toBe(clip);
    await expect(api.generate(settings)).rejects.toMatchObject({ code: 'bad-usage', summary: 'A clip is being made already' });
  });

  it('is done though the queue is paused', async () => {
    const { api, store, jobs, answers, describe } = mounted();
    describe();
    store.getState().pauseQueue();
    const made = api.generate(settings);
    await vi.waitFor(() => expect(jobs).toHaveLength(1));
    answers[0].resolve(clipOf(jobs[0]));
    expect(await made).toMatchObject({ frameCount: 17 });
  });

  it('says what is in the way', async () => {
    const { api, describe } = mounted();
    describe();
    await expect(api.generate({ ...settings, prompt: '' })).rejects.toThrow('Write a prompt first: say what the clip shows.');
    await expect(api.generate({ ...settings, width: 65 })).rejects.toThrow('in steps of 16 pixels; 65 is between two of them');
    const blind = mounted();
    blind.describe(Promise.reject(new AiprodError('no-adapter', 'No adapter')));
    await expect(blind.api.generate(settings)).rejects.toMatchObject({ code: 'no-adapter' });
  });

  it('tells of a run that failed, was stopped or lost its studio', async () => {
    const { api, close, jobs, answers, describe } = mounted();
    describe();
    const asked = async (count: number): Promise<Promise<GeneratedClip>[]> => {
      const made = api.generate(settings);
      made.catch(() => undefined);
      await vi.waitFor(() => expect(jobs).toHaveLength(count));
      return [made];
    };
    const [failing] = await asked(1);
    answers[0].reject(new AiprodError('out-of-memory', 'Too large'));
    await expect(failing).rejects.toMatchObject({ code: 'out-of-memory', summary: 'Too large.' });
    const [stopped] = await asked(2);
    answers[1].resolve({ suspended: true, reason: 'cancelled', step: 1, steps: 2 });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled', summary: 'The run was stopped' });
    const [lost] = await asked(3);
    close();
    await expect(lost).rejects.toMatchObject({ code: 'cancelled', summary: 'The studio was closed' });
  });
});
