import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { createGpuContext } from '../gpu';
import { ownTestDevice } from '../gpu/testing';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import { decodeState, encodeState, openLtxModel, parseJob, planTextToVideo, resolveJob, textToVideo } from '.';
import type { DenoiseState, LtxModel, ProgressEvent, TextToVideoRequest } from '.';

const job = { prompt: 'a blue square falls down over the sea', steps: 3, seed: 5 };
let model: LtxModel;

beforeAll(async () => {
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
});
afterAll(() => model.close());

async function request(changes: Partial<TextToVideoRequest> = {}, previews = false): Promise<TextToVideoRequest> {
  const context = changes.context ?? (await testContext());
  const resolved = resolveJob(parseJob(job), model.traits);
  return { model, job: resolved, context, plan: planTextToVideo(model, resolved, context, { previews }), ...changes };
}

describe('text to video with the embedded model', () => {
  it('gives the same bits again, finite and not constant, with previews and progress on the way', async () => {
    const events: ProgressEvent[] = [];
    const first = await textToVideo(await request({ onEvent: (event) => events.push(event) }, true));
    const second = await textToVideo(await request());
    expect(first.latents).toEqual(second.latents);
    expect(first.video).toEqual(second.video);
    expect(first.video.every(Number.isFinite)).toBe(true);
    const range = first.video.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    expect(range[1] - range[0]).toBeGreaterThan(0.05);
    expect(events.filter((event) => event.kind === 'progress' && event.stage === 'denoise').at(-1)).toMatchObject({ step: 3, steps: 3 });
    expect(events.some((event) => event.kind === 'preview' && event.width === 64 && event.pixels.length === 64 * 64 * 4)).toBe(true);
  });

  it('goes on from a stored state to the same bits', async () => {
    const controller = new AbortController();
    let kept: DenoiseState | undefined;
    const whole = await textToVideo(await request());
    const stopped = textToVideo(
      await request({
        signal: controller.signal,
        onState(state) {
          kept = state;
          if (state.step === 2) controller.abort();
        },
      }),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    if (kept === undefined) throw new Error('no state was kept');
    const restored = await decodeState(encodeState(kept), 'memory');
    expect(restored.step).toBe(2);
    const resumed = await textToVideo(await request({ resumeFrom: restored }));
    expect(resumed.latents).toEqual(whole.latents);
  });

  it('holds what its plan says, and gives everything back', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    context.allocator.resetPeak();
    const made = await request();
    await textToVideo(made);
    expect(Math.abs((context.allocator.peakBytes - before) / made.plan.forecast.totalBytes - 1)).toBeLessThan(0.05);
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('tells in a typed error that the device was lost in mid-run', async () => {
    const gpu = await ownTestDevice();
    const context = createGpuContext(gpu);
    const running = textToVideo(await request({ context, onState: () => gpu.device.destroy() }));
    const error: unknown = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AiprodError);
    expect(error).toMatchObject({ code: 'device-lost' });
  });

  it('is refused when it does not fit the budget, before anything is loaded', async () => {
    const context = await testContext();
    const resolved = resolveJob(parseJob(job), model.traits);
    expect(() => planTextToVideo(model, resolved, context, { previews: false, memoryBudget: 1_000_000 })).toThrow(/memory budget/);
  });
});
