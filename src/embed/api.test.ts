import { describe, expect, it, vi } from 'vitest';
import type { EditorConnection, GeneratorConnection } from '../../workers';
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
import type { FormatReport } from '../media';
import { emptyProject, projectSchema, type Project } from '../project';
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
  return mountedWith([]);
}

function mountedWith(reports: readonly FormatReport[]) {
  const jobs: JobInput[] = [];
  const answers: { resolve(outcome: GeneratedClip | SuspendedRun): void; reject(error: unknown): void }[] = [];
  let described: (answer: GeneratorDescription | Promise<GeneratorDescription>) => void = () => undefined;
  const connection: GeneratorConnection = {
    describe: () =>
      new Promise((resolve) => {
        described = resolve;
      }),
    fingerprints: () => Promise.resolve({}),
    forecast: () => Promise.resolve({ fits: true, totalBytes: 2, weightBytes: 1 }),
    generate(job) {
      jobs.push(job);
      return new Promise((resolve, reject) => {
        answers.push({ resolve, reject });
      });
    },
    ...{ listRuns: () => Promise.resolve([]), listAddOns: () => Promise.resolve([]), listModels: () => Promise.resolve([]) },
    ...{ cancel: () => Promise.resolve(), forget: () => Promise.resolve(), stopModelWork: () => Promise.resolve() },
    ...{ machine: vi.fn(), lookUpModel: vi.fn(), forgetOffer: vi.fn(), verifyModel: vi.fn(), mendModel: vi.fn() },
    ...{ hubToken: vi.fn(), keepHubToken: vi.fn(), forgetHubToken: vi.fn() },
    ...{ openFolder: vi.fn(), fetchModel: vi.fn(), removeModel: vi.fn(), readClip: vi.fn(), clipPicture: vi.fn() },
    ...{ addMedia: vi.fn(), addSound: vi.fn(), close: vi.fn() },
  };
  const editor = {
    ...{ formats: async () => [...reports], export: vi.fn<EditorConnection['export']>() },
    ...{ cancelExport: vi.fn<EditorConnection['cancelExport']>(), dropDownload: vi.fn(), close: vi.fn() },
    ...{ describe: vi.fn(), addMedia: vi.fn(), removeMedia: vi.fn(), attach: vi.fn(), setSequence: vi.fn(), show: vi.fn(), still: vi.fn() },
    ...{
      frameOf: vi.fn(),
      thumbnail: vi.fn(),
      peaks: vi.fn(),
      mix: vi.fn(),
      measure: vi.fn(),
      cancelMeasure: vi.fn(),
      checkTitle: vi.fn(),
      cacheReport: vi.fn(),
    },
  };
  const store = createStudioStore({
    connect: () => connection,
    connectEditor: () => editor,
    storage: memoryStorage(),
    locks: { take: () => Promise.resolve(() => Promise.resolve()) },
  });
  const close = store.open();
  const commands = createCommandRegistry();
  const api = studioApi({ store, commands });
  return { api, store, commands, editor, close, jobs, answers, describe: (answer = Promise.resolve(description)) => described(answer) };
}

const settings = { prompt: 'a red ball', steps: 2, seed: 7 };

/** A project of 48 frames at 24 a second: a title over all of it. */
function withTitle(): Project {
  const project = emptyProject('p', 'Test', { width: 320, height: 180, rate: { numerator: 24, denominator: 1 } });
  const [video, ...others] = project.sequence.tracks;
  const clips = [{ kind: 'title', id: 'c', start: 0, duration: 48, title: { text: 'T', size: 0.5, color: '#ffffff' } }];
  return projectSchema.parse({ ...project, sequence: { ...project.sequence, tracks: [{ ...video, clips }, ...others] } });
}

describe('play, pause, seekTo and frame', () => {
  it('are those of the sequence in Edit, and of what a workspace shows elsewhere', () => {
    const { api, commands } = mounted();
    expect(() => api.play()).toThrow('Nothing that plays is shown');
    expect(() => api.seekTo(3)).toThrow("openWorkspace('edit')");
    expect(api.frame).toBe(0);
    api.pause();
    const shown = { playing: true, frame: 5, toggle: vi.fn(), seek: vi.fn() };
    const end = commands.show(shown);
    api.play();
    expect(shown.toggle).not.toHaveBeenCalled();
    api.pause();
    expect(shown.toggle).toHaveBeenCalledOnce();
    api.seekTo(2.6);
    expect(shown.seek).toHaveBeenCalledWith(3);
    expect(api.frame).toBe(5);
    end();
    expect(() => api.play()).toThrow('Nothing');
    api.setProject(withTitle());
    api.openWorkspace('edit');
    api.seekTo(100);
    expect(api.frame).toBe(47);
    api.play();
    expect(api.frame).toBe(0);
    api.seekTo(7);
    expect(api.frame).toBe(7);
  });
});

it('opens the views that are shown, and says so of others', () => {
  const { api, store } = mounted();
  store.getState().showUi({ workspaces: ['create', 'edit'] });
  api.openWorkspace('edit');
  expect(store.getState().workspace).toBe('edit');
  expect(() => api.openWorkspace('train')).toThrow('This view is not shown (expected create, edit; found train)');
});

describe('export, asked for by a program', () => {
  const reports: FormatReport[] = [
    { format: 'mp4', available: true, encoder: 'x', codecs: ['h264', 'av1'], audioCodecs: ['opus'], carriesRecipe: true },
    { format: 'gif', available: true, encoder: 'x', codecs: [], audioCodecs: [], carriesRecipe: true },
    { format: 'webm', available: false, encoder: null, codecs: [], audioCodecs: [], carriesRecipe: true },
  ];

  it('writes the sequence through the queue, as it is asked for', async () => {
    const { api, store, editor } = mounted();
    await expect(api.export()).rejects.toMatchObject({ code: 'bad-usage', summary: 'There is no clip to export' });
    await expect(api.export({ what: 'sequence' })).rejects.toThrow('The sequence has no clip to export');
    api.setProject(withTitle());
    await expect(api.export({ what: 'clip' })).rejects.toThrow('There is no clip to export');
    const file = new File(['film'], 'film.mp4');
    editor.export.mockImplementationOnce(async (_id, _settings, _target, onProgress) => {
      onProgress({ frame: 1, frames: 10 });
      return file;
    });
    const onProgress = vi.fn();
    expect(await api.export({ start: 4, end: 14, height: 91, loudness: -14, onProgress })).toBe(file);
    expect(onProgress).toHaveBeenCalledWith({ frame: 1, frames: 10 });
    const [, settings, target] = editor.export.mock.calls[0];
    expect(settings).toMatchObject({
      ...{ start: 4, end: 14, format: 'mp4', codec: 'h264', audioCodec: 'opus', loudness: -14, quality: 'high' },
      ...{ width: 162, height: 92, rate: { numerator: 24, denominator: 1 }, record: { project: { id: 'p' } } },
    });
    expect(target.kind === 'download' && target.name).toMatch(/^sequence-.*\.mp4$/);
    expect(store.getState().exports).toMatchObject([{ state: { status: 'done', file } }]);
    editor.export.mockResolvedValueOnce(file);
    await api.export({ format: 'gif', audioCodec: 'none' });
    expect(editor.export.mock.calls[1][1]).not.toHaveProperty('audioCodec');
  });

  it('refuses what this browser or the sequence has not, and can be stopped', async () => {
    const { api, editor } = mounted();
    api.setProject(withTitle());
    await expect(api.export({ end: 49 })).rejects.toMatchObject({ code: 'bad-usage', summary: 'The sequence has no such frames' });
    await expect(api.export({ format: 'webm' })).rejects.toMatchObject({ code: 'codec-unavailable' });
    await expect(api.export({ codec: 'vp9' })).rejects.toThrow('does not write mp4 by vp9');
    await expect(api.export({ audioCodec: 'aac' })).rejects.toThrow('does not write sound in mp4 by aac');
    editor.export.mockRejectedValueOnce(new AiprodError('unwritable-output', 'The disk is full'));
    await expect(api.export()).rejects.toMatchObject({ code: 'unwritable-output' });
    const controller = new AbortController();
    editor.export.mockImplementationOnce(
      (id) =>
        new Promise((_, reject) => {
          editor.cancelExport.mockImplementation(async (stopped) => {
            if (stopped === id) reject(new AiprodError('cancelled', 'the export was stopped'));
          });
        }),
    );
    const stopping = api.export({ signal: controller.signal });
    await vi.waitFor(() => expect(editor.export).toHaveBeenCalledTimes(2));
    controller.abort();
    await expect(stopping).rejects.toMatchObject({ code: 'cancelled' });
  });

  const mounted = () => mountedWith(reports);
});

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
