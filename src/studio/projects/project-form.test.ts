import { describe, expect, it, vi } from 'vitest';
import { MemorySink } from '../../media';
import { openVideoWriter } from '../../media/browser';
import { parseJob } from '../../pipelines';
import { clipOf, opened, picture } from '../state/testing';
import { memoryStorage } from '../storage/storage';

describe('a project', () => {
  it('keeps the form in its project, with its images and the job that it makes', async () => {
    const storage = memoryStorage();
    const { store, close } = await opened({ storage });
    await store.getState().addInputs([new File(['first'], 'first.png')]);
    store.getState().changeImage(store.getState().inputs.images[0].id, { frame: 16, strength: 0.5 });
    const conditions = [{ file: 'first.png', frame: 16, strength: 0.5 }];
    const { fingerprint } = picture.facts;
    const { compose } = store.getState().wholeProject();
    expect(compose).toMatchObject({
      draft: { prompt: 'a red ball' },
      inputs: { conditions },
      files: [{ name: 'first.png', fingerprint, bytes: 5 }],
      job: { prompt: 'a red ball', model: 'embedded', pipeline: 'keyframes', conditions },
    });
    // A prompt that is too long makes no job; what was typed is kept.
    store.getState().edit({ prompt: 'x'.repeat(100_000) });
    expect(store.getState().wholeProject().compose).not.toHaveProperty('job');
    store.getState().edit({ prompt: 'a red ball' });
    await vi.waitFor(() => expect(store.getState().saving.status).toBe('saved'));
    await store.getState().newProject();
    expect(store.getState()).toMatchObject({ draft: { prompt: '' }, inputs: { images: [] } });
    const [{ id }] = store.getState().savedProjects;
    await store.getState().openSavedProject(id);
    expect(store.getState().inputs.images).toMatchObject([{ frame: 16, strength: 0.5, picture: { file: 'first.png' } }]);
    close();
    // On the next visit nothing is known of the file but what was kept.
    const next = await opened({ storage });
    await vi.waitFor(() => expect(next.store.getState().inputs.images).toMatchObject([{ frame: 16, picture: { file: 'first.png' } }]));
    next.close();
  });

  it('puts a clip into the project that it was started from, whichever is at hand when it is done', async () => {
    const { store, jobs, answers, close } = await opened();
    store.getState().renameProject('Kite');
    const working = store.getState().generate();
    await vi.waitFor(() => expect(jobs).toHaveLength(1));
    const { id } = store.getState().project;
    await store.getState().newProject();
    answers[0].resolve(clipOf(jobs[0]));
    await working;
    await vi.waitFor(() => expect(store.getState().madeElsewhere?.kept).toEqual({ project: id, name: 'Kite', number: 1 }));
    expect(store.getState()).toMatchObject({ clips: [], project: { generations: [] } });
    await store.getState().openSavedProject(id);
    const [{ media, number }] = store.getState().project.generations;
    expect(number).toBe(1);
    expect(store.getState().project.media.map((item) => item.id)).toEqual([media]);
    // One whose project is gone goes to the one at hand.
    const second = store.getState().generate();
    await vi.waitFor(() => expect(jobs).toHaveLength(2));
    await store.getState().newProject();
    await store.getState().deleteProject(id);
    answers[1].resolve(clipOf(jobs[1]));
    await second;
    await vi.waitFor(() => expect(store.getState().project.generations).toHaveLength(1));
    close();
  });

  it('is kept as soon as a clip is asked for: the queue, which outlives the visit, names it', async () => {
    const storage = memoryStorage();
    const { store, jobs, close } = await opened({ storage });
    // The pause that edits are waited for does not end.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      void store.getState().generate();
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      expect(jobs).toHaveLength(1);
      expect(await storage.readDocument('last-project')).toBe(store.getState().project.id);
      expect(store.getState().saving.status).toBe('saved');
    } finally {
      vi.useRealTimers();
      close();
    }
  });

  it('takes the settings of a clip of an earlier visit with its images, and says which are lost', async () => {
    const storage = memoryStorage();
    const first = await opened({ storage });
    await first.store.getState().addInputs([new File(['first'], 'first.png')]);
    const { fingerprint } = picture.facts;
    const working = first.store.getState().generate();
    await vi.waitFor(() => expect(first.jobs).toHaveLength(1));
    const made = clipOf({ prompt: 'a kite', seed: 5, steps: 9 });
    const conditions = [{ file: 'first.png', frame: 16, strength: 0.5 }];
    const job = parseJob({ ...made.recipe.job, pipeline: 'keyframes', conditions });
    first.answers[0].resolve({ ...made, recipe: { ...made.recipe, job, inputs: { 'first.png': fingerprint } } });
    await working;
    const [clip] = first.store.getState().clips;
    first.store.getState().removeImage(first.store.getState().inputs.images[0].id);
    await first.store.getState().saveNow();
    first.close();
    const { store, close } = await opened({ storage });
    expect(store.getState().inputs.images).toEqual([]);
    await store.getState().reuse(clip);
    expect(store.getState()).toMatchObject({
      draft: { prompt: 'a kite', seed: '5', steps: '9', seedLocked: true },
      inputs: { images: [{ frame: 16, strength: 0.5, picture: { file: 'first.png' } }] },
      ...{ basis: clip.id, readingInputs: [] },
    });
    await store.getState().saveNow();
    close();
    await storage.removeFile(fingerprint);
    const later = await opened({ storage });
    await later.store.getState().reuse(clip);
    expect(later.store.getState()).toMatchObject({
      draft: { prompt: 'a kite', seed: '5', steps: '9' },
      inputs: { images: [] },
      readingInputs: [{ name: 'first.png', status: 'failed', problem: { code: 'bad-input' } }],
    });
    later.close();
  });

  it('says which files of a recipe’s model are others here', async () => {
    const { store, close } = await opened();
    store.setState({ models: [{ name: 'embedded', origin: 'embedded', state: 'whole' }] });
    const clip = clipOf({ prompt: 'a kite', seed: 5 });
    const model = {
      name: 'embedded',
      files: { 'vae/model.safetensors': 'sha256:1', 'transformer/model.safetensors': 'sha256:9', 'more.bin': 'sha256:3' },
    };
    const sink = new MemorySink();
    const rate = { numerator: 8, denominator: 1 };
    const writer = await openVideoWriter(sink, { width: 2, height: 2, frameRate: rate, format: 'gif', recipe: { ...clip.recipe, model } });
    await writer.addFrame(new Uint8Array(16), 0);
    await writer.finish();
    const file = new File([new Uint8Array(sink.bytes)], 'kite.gif');
    expect(await store.getState().takeRecipe(file)).toBe(true);
    expect(store.getState().draft).toMatchObject({ prompt: 'a kite', seed: '5' });
    expect(store.getState().recipeReport).toMatchObject({
      hasModel: true,
      weights: { changed: ['transformer/model.safetensors'], absent: ['more.bin'] },
      adapter: { made: '' },
    });
    close();
  });
});
