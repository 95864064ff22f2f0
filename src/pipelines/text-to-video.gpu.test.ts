import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { createGpuContext, type GpuContext } from '../gpu';
import { ownTestDevice } from '../gpu/testing';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import {
  memoryStore,
  openLtxModel,
  OutputCache,
  parseJob,
  planJob,
  resolveJob,
  runJob,
  type JobInput,
  type JobPlan,
  type LtxModel,
  type ProgressEvent,
} from '.';

const job = { prompt: 'a blue square falls down over the sea', steps: 3, seed: 5 };
let model: LtxModel;

beforeAll(async () => {
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
});
afterAll(() => model.close());

async function plan(changes: Partial<JobInput> = {}, previews = false, context?: GpuContext): Promise<JobPlan> {
  const resolved = resolveJob(parseJob({ ...job, ...changes }), model.traits);
  return planJob({ model, job: resolved, context: context ?? (await testContext()), previews });
}

describe('text to video with the embedded model', () => {
  it('gives the same bits again, finite and not constant, with previews and progress on the way', async () => {
    const events: ProgressEvent[] = [];
    const first = await runJob({ plan: await plan({}, true), onEvent: (event) => events.push(event) });
    const second = await runJob({ plan: await plan() });
    expect(first.latents).toEqual(second.latents);
    expect(first.video).toEqual(second.video);
    expect(first.video.data.every(Number.isFinite)).toBe(true);
    const range = first.video.data.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    expect(range[1] - range[0]).toBeGreaterThan(0.05);
    expect(events.filter((event) => event.kind === 'progress' && event.stage === 'denoise').at(-1)).toMatchObject({ step: 3, steps: 3 });
    expect(events.some((event) => event.kind === 'preview' && event.width === 64 && event.pixels.length === 64 * 64 * 4)).toBe(true);
  });

  it('goes on from a store to the same bits, without encoding the text again', async () => {
    const controller = new AbortController();
    const store = memoryStore();
    const whole = await runJob({ plan: await plan() });
    const stopped = runJob({
      plan: await plan(),
      store,
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === 'progress' && event.stage === 'denoise' && event.step === 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    const steps: number[] = [];
    const resumed = await runJob({
      plan: await plan(),
      store,
      onEvent: (event) => void (event.kind === 'progress' && event.stage === 'denoise' && steps.push(event.step)),
    });
    expect(steps).toEqual([2, 3]);
    expect(resumed.kept).toEqual(['text']);
    expect(resumed.latents).toEqual(whole.latents);
  });

  it('runs only what changed again', async () => {
    const cache = new OutputCache(1e9);
    const first = await runJob({ plan: await plan(), cache });
    expect(first.ran).toEqual(expect.arrayContaining(['text', 'denoise', 'decode']));
    expect((await runJob({ plan: await plan(), cache })).ran).toEqual([]);
    const reseeded = await runJob({ plan: await plan({ seed: 6 }), cache });
    expect(reseeded.ran).not.toContain('text');
    expect(reseeded.ran).toEqual(expect.arrayContaining(['denoise', 'decode']));
    const reprompted = await runJob({ plan: await plan({ prompt: 'a red ball' }), cache });
    expect(reprompted.ran).toEqual(expect.arrayContaining(['text', 'denoise', 'decode']));
  });

  it('holds what its plan says, and gives everything back', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    context.allocator.resetPeak();
    const made = await plan();
    await runJob({ plan: made });
    expect(Math.abs((context.allocator.peakBytes - before) / made.forecast.totalBytes - 1)).toBeLessThan(0.05);
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('tells in a typed error that the device was lost in mid-run', async () => {
    const gpu = await ownTestDevice();
    const running = runJob({
      plan: await plan({}, false, createGpuContext(gpu)),
      onEvent: (event) => void (event.kind === 'progress' && event.stage === 'denoise' && event.step === 1 && gpu.device.destroy()),
    });
    const error: unknown = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AiprodError);
    expect(error).toMatchObject({ code: 'device-lost' });
  });

  it('is refused when it does not fit the budget, before anything is loaded', async () => {
    const context = await testContext();
    const resolved = resolveJob(parseJob(job), model.traits);
    expect(() => planJob({ model, job: resolved, context, previews: false, memoryBudget: 1_000_000 })).toThrow(/memory budget/);
  });
});
