import { describe, expect, it, vi } from 'vitest';
import { AiprodError } from '../../errors';
import { parseJob, type ProgressEvent } from '../../pipelines';
import { memoryStorage } from '../storage/storage';
import { clipFileName, withinLimits } from './clip';
import { createStudioStore } from './studio-store';
import { clipOf, noEditor, opened, picture } from './testing';
import { placeOfClip } from './timeline-state';

const denoise: ProgressEvent = { kind: 'progress', stage: 'denoise', step: 3, steps: 16 };

describe('the studio', () => {
  it('uses a new seed for each clip unless it is locked', async () => {
    const { store, jobs, answers } = await opened();
    for (const lock of [false, false, true, true]) {
      store.getState().edit({ seedLocked: lock });
      const run = store.getState().generate();
      answers.at(-1)?.resolve(clipOf(jobs[jobs.length - 1]));
      await run;
    }
    expect(jobs.map(({ seed }) => seed)).toEqual([101, 102, 102, 102]);
    expect(store.getState().clips.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect(store.getState().selectedClip).toBe(store.getState().clips[0].id);
  });

  it('does not start without a prompt, and queues what is asked for meanwhile', async () => {
    const { store, jobs, answers } = await opened();
    store.getState().edit({ prompt: '' });
    await store.getState().generate();
    expect(store.getState().queue).toEqual([]);
    store.getState().edit({ prompt: 'a red ball' });
    const all = store.getState().generate();
    void store.getState().generate();
    expect(jobs).toHaveLength(1);
    expect(store.getState().queue.map(({ state }) => state)).toEqual(['running', 'waiting']);
    answers[0].resolve(clipOf(jobs[0]));
    await vi.waitFor(() => expect(jobs).toHaveLength(2));
    answers[1].resolve(clipOf(jobs[1]));
    await all;
    expect(store.getState()).toMatchObject({ queue: [], run: { status: 'idle' }, measured: { work: 64 * 64 * 17 * 16 * 2, seconds: 0 } });
  });

  it('makes several clips of seeds one after another, each with its own words', async () => {
    const { store, jobs, answers } = await opened();
    store.getState().edit({ prompt: 'a __color__ {ball|star}', count: '4', seed: '5', seedLocked: true });
    const all = store.getState().generate();
    for (let at = 0; at < 4; at++) {
      await vi.waitFor(() => expect(jobs).toHaveLength(at + 1));
      answers[at].resolve(clipOf(jobs[at]));
    }
    await all;
    expect(jobs.map(({ seed }) => seed)).toEqual([5, 6, 7, 8]);
    expect(new Set(jobs.map(({ prompt }) => prompt)).size).toBeGreaterThan(1);
    expect(jobs.every(({ prompt }) => /^a \w+ (ball|star)$/.test(prompt))).toBe(true);
  });

  it('pauses between and within jobs, moves, removes and repeats them', async () => {
    const { store, connection, jobs, answers } = await opened();
    store.getState().edit({ count: '3', seed: '1', seedLocked: true });
    const all = store.getState().generate();
    answers[0].send(denoise);
    store.getState().pauseQueue();
    expect(connection.cancel).toHaveBeenCalledTimes(1);
    answers[0].resolve({ suspended: true, reason: 'cancelled', step: 3, steps: 16 });
    await all;
    const seeds = (): unknown[] => store.getState().queue.map(({ job }) => job.seed);
    expect(store.getState().queue.map(({ state, step }) => [state, step])).toEqual([
      ['waiting', 3],
      ['waiting', 0],
      ['waiting', 0],
    ]);
    const [first, second, third] = store.getState().queue;
    store.getState().moveJob(third.id, 0);
    await store.getState().duplicateJob(second.id);
    store.getState().discard(first.id);
    expect(connection.forget).toHaveBeenCalledWith(first.id);
    expect(seeds()).toEqual([3, 2, 2]);
    expect(jobs).toHaveLength(1);
    void store.getState().continueQueue();
    expect(jobs.at(-1)?.seed).toBe(3);
  });

  it('stops drafts at a step, and makes those whole that are gone on with', async () => {
    const { store, jobs, answers, options } = await opened();
    store.getState().edit({ count: '2', stopAt: '4', seed: '1', seedLocked: true });
    const all = store.getState().generate();
    answers[0].resolve({ suspended: true, reason: 'stop-at', step: 4, steps: 16 });
    await vi.waitFor(() => expect(jobs).toHaveLength(2));
    answers[1].resolve({ suspended: true, reason: 'stop-at', step: 4, steps: 16 });
    await all;
    expect(options.map(({ stopAt }) => stopAt)).toEqual([4, 4]);
    const [newest, oldest] = store.getState().queue;
    expect([newest.reason, oldest.reason]).toEqual(['stop-at', 'stop-at']);
    const rest = store.getState().resume(oldest.id);
    expect(options[2]).toEqual({ run: oldest.id });
    answers[2].resolve(clipOf(jobs[2]));
    await rest;
    expect(store.getState().queue).toHaveLength(1);
  });

  it('makes jobs of images, whose files are kept for as long as a job that names them waits', async () => {
    const storage = memoryStorage();
    const before = await opened({ storage });
    const { getState } = before.store;
    await getState().addInputs([new File(['a'], 'a.png'), new File(['b'], 'b.png')]);
    expect(getState().inputs.images.map(({ frame }) => frame)).toEqual([0, 16]);
    getState().changeImage(getState().inputs.images[1].id, { strength: 0.5 });
    void getState().generate();
    const conditions = [
      { file: 'a.png', frame: 0, strength: 1 },
      { file: 'b.png', frame: 16, strength: 0.5 },
    ];
    expect(before.jobs[0]).toMatchObject({ pipeline: 'keyframes', conditions });
    await vi.waitFor(async () => expect(await storage.readDocument('queue')).toMatch(/b\.png/));
    before.close();
    const after = await opened({ storage });
    await vi.waitFor(() => expect(after.store.getState().queue).toHaveLength(1));
    void after.store.getState().continueQueue();
    expect(after.jobs[0]).toMatchObject({ conditions });
  });

  it('fills the form with what the timeline asks for', async () => {
    const storage = memoryStorage();
    const { store } = await opened({ storage });
    const { fingerprint } = picture.facts;
    await storage.addFile(fingerprint, new Blob(['v']));
    const item = { id: 'm', name: 'clip.mp4', kind: 'video' as const, fingerprint, bytes: 1 };
    store.getState().addMedia(item);
    store.getState().composeFrom({ pipeline: 'retake', media: 'm', region: { start: 4, end: 9 } });
    await vi.waitFor(() => expect(store.getState().inputs.video?.use).toBe('retake'));
    expect(store.getState()).toMatchObject({
      workspace: 'create',
      inputs: { video: { picture: { file: 'clip.mp4' }, region: { start: 4, end: 9 } } },
      draft: { frames: '33' },
    });
  });

  it('lets what was made from a clip of the timeline take its place, a reload between', async () => {
    const storage = memoryStorage();
    const before = await opened({ storage });
    const { getState } = before.store;
    const { fingerprint } = picture.facts;
    await storage.addFile(fingerprint, new Blob(['v']));
    const rate = { numerator: 8, denominator: 1 };
    const item = { id: 'm', name: 'clip.mp4', kind: 'video' as const, fingerprint, bytes: 1, width: 64, height: 64, frames: 33, rate };
    getState().addMedia(item);
    getState().addToTimeline(item);
    const [{ id: clip }] = getState().edited.sequence.tracks[0].clips;
    getState().composeFrom({ pipeline: 'extend', media: 'm', clip });
    await vi.waitFor(() => expect(getState().inputs.video?.use).toBe('extend'));
    getState().changeVideo({ extend: { direction: 'backward', frames: 8 } });
    void getState().generate();
    // Another job on the same video is not what the timeline asked for.
    getState().changeVideo({ use: 'remake' });
    void getState().generate();
    expect(getState().queue.map(({ replaces }) => replaces)).toEqual([clip, undefined]);
    await vi.waitFor(async () => expect(await storage.readDocument('queue')).toMatch(/"replaces"/));
    before.close();

    const after = await opened({ storage });
    await vi.waitFor(() => expect(after.store.getState().queue).toHaveLength(2));
    void after.store.getState().continueQueue();
    for (const at of [0, 1]) {
      await vi.waitFor(() => expect(after.jobs).toHaveLength(at + 1));
      const result = clipOf({ prompt: 'a ball' });
      // Files of their own: two of the same content are one.
      const file = { ...result.file, bytes: new Uint8Array([at]) };
      after.answers[at].resolve({ ...result, file, recipe: { ...result.recipe, job: parseJob(after.jobs[at]) } });
    }
    await vi.waitFor(() => expect(after.store.getState().clips).toHaveLength(2));
    const [remade, longer] = after.store.getState().clips;
    expect(placeOfClip(remade)).toBeUndefined();
    const place = { clip, later: { numerator: 1, denominator: 1 } };
    expect(placeOfClip(longer)).toEqual(place);
    const made = await vi.waitFor(() => {
      const item = after.store.getState().project.media.find(({ generation }) => generation === longer.id);
      return item ?? expect.fail('its file is not among the media yet');
    });
    // Its place is known for as long as the project is.
    const generation = after.store.getState().project.generations.find(({ id }) => id === longer.id);
    expect(generation).toMatchObject({ replaces: clip });
    expect(after.store.getState().replaceComposed(made, place)).toBeUndefined();
    const [shown] = after.store.getState().edited.sequence.tracks[0].clips;
    expect(shown).toMatchObject({ id: clip, media: made.id, sourceStart: place.later });
  });

  it('keeps the queue over a reload, paused, and goes on with the same runs', async () => {
    const storage = memoryStorage();
    const before = await opened({ storage });
    before.store.getState().edit({ count: '2', seed: '1', seedLocked: true });
    void before.store.getState().generate();
    await vi.waitFor(async () => expect(await storage.readDocument('queue')).toMatch(/"seed":2/));
    const names = before.store.getState().queue.map(({ id }) => id);
    before.close();
    const after = await opened({ storage });
    await vi.waitFor(() => expect(after.store.getState().queue).toHaveLength(2));
    expect(after.store.getState()).toMatchObject({ queuePaused: true, queueRestored: true });
    expect(after.jobs).toEqual([]);
    void after.store.getState().continueQueue();
    expect(after.options.map(({ run }) => run)).toEqual([names[0]]);
    after.answers[0].resolve(clipOf(after.jobs[0]));
    await vi.waitFor(() => expect(after.jobs).toHaveLength(2));
    after.answers[1].resolve(clipOf(after.jobs[1]));
    await vi.waitFor(async () => expect(await storage.readDocument('queue')).toBeUndefined());
  });

  it('stops, keeps the place, and goes on', async () => {
    const { store, connection, jobs, answers } = await opened();
    const run = store.getState().generate();
    answers[0].send(denoise);
    store.getState().stop();
    store.getState().stop();
    expect(connection.cancel).toHaveBeenCalledTimes(1);
    answers[0].resolve({ suspended: true, reason: 'cancelled', step: 3, steps: 16 });
    await run;
    expect(store.getState().run).toMatchObject({ status: 'suspended', reason: 'cancelled', step: 3, steps: 16 });
    const resumed = store.getState().resume();
    expect(store.getState().run.status).toBe('running');
    answers[1].resolve(clipOf(jobs[0]));
    await resumed;
    expect(store.getState()).toMatchObject({ run: { status: 'idle' }, clips: [{ number: 1 }], selectedClip: store.getState().clips[0].id });
  });

  it('offers to resume after a lost device, and says other failures', async () => {
    const { store, answers } = await opened();
    const lost = store.getState().generate();
    answers[0].send(denoise);
    answers[0].reject(new AiprodError('device-lost', 'gone'));
    await lost;
    expect(store.getState().run).toMatchObject({ status: 'suspended', reason: 'device-lost', step: 3 });
    const failed = store.getState().generate();
    answers[1].reject(new AiprodError('out-of-memory', 'full'));
    await failed;
    expect(store.getState().run).toMatchObject({ status: 'failed', problem: { code: 'out-of-memory' } });
  });

  it('leaves a clip that is being looked at on the stage', async () => {
    const { store, jobs, answers } = await opened();
    const first = store.getState().generate();
    answers[0].resolve(clipOf(jobs[0]));
    await first;
    const second = store.getState().generate();
    const [{ id }] = store.getState().clips;
    store.getState().select(id);
    answers[1].resolve(clipOf(jobs[1]));
    await second;
    expect(store.getState().clips).toHaveLength(2);
    expect(store.getState().selectedClip).toBe(id);
  });

  it('takes settings back from a clip, its seed locked', async () => {
    const { store, jobs, answers } = await opened();
    store.getState().edit({ frameRate: '29.97', steps: '9' });
    const run = store.getState().generate();
    answers[0].resolve(clipOf(jobs[0]));
    await run;
    store.getState().edit({ prompt: 'other', steps: '20', frameRate: '8' });
    await store.getState().reuse(store.getState().clips[0]);
    expect(store.getState().draft).toMatchObject({ prompt: 'a red ball', steps: '9', frameRate: '29.97', seed: '101', seedLocked: true });
  });

  it('closes its worker, and starts none where nothing can be made', async () => {
    const { close, connection } = await opened();
    close();
    expect(connection.close).toHaveBeenCalledTimes(1);
    const connect = vi.fn(() => connection);
    const problem = { code: 'no-adapter', report: 'r' } as const;
    const store = createStudioStore({ connect, connectEditor: noEditor, missing: problem });
    store.open()();
    expect(connect).not.toHaveBeenCalled();
    expect(store.getState().environment).toEqual({ status: 'unavailable', problem });
  });
});

describe('clips of a session', () => {
  const clip = (number: number) => ({
    id: `clip-${number}`,
    number,
    prompt: 'A red  ball, über Gras! 球',
    content: clipOf({ prompt: 'p', seed: 5 }),
    madeInSeconds: 1,
  });

  it('keeps the newest that fit', () => {
    const clips = [4, 3, 2, 1].map(clip);
    expect(withinLimits(clips, { clips: 3, frameBytes: 1000 })).toHaveLength(3);
    expect(withinLimits(clips, { clips: 9, frameBytes: 33 })).toHaveLength(2);
    expect(withinLimits(clips, { clips: 9, frameBytes: 1 })).toHaveLength(1);
  });

  it('names files by what they show', () => {
    expect(clipFileName(clip(1))).toBe('a-red-ball-u-ber-gras-球-seed-5.mp4');
    expect(clipFileName({ ...clip(1), prompt: '!!!' })).toBe('clip-seed-5.mp4');
  });
});
