import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import {
  openLtxModel,
  OutputCache,
  parseJob,
  planJob,
  resolveJob,
  runJob,
  streamJob,
  type FrameSink,
  type JobPlan,
  type LtxModel,
  type VideoChunk,
} from '.';

const tiling = { strategy: 'uniform', tile: { frames: 9 }, overlap: { frames: 8 } } as const;
let model: LtxModel;
beforeAll(async () => {
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
});
afterAll(() => model.close());

async function plan(): Promise<JobPlan> {
  const job = resolveJob(parseJob({ prompt: 'a red ball', steps: 1, seed: 5, guidanceScale: 1, tiling }), model.traits);
  return planJob({ model, job, context: await testContext(), previews: false });
}

interface Kept {
  readonly chunks: VideoChunk[];
  readonly ended: string[];
  readonly sink: FrameSink;
}

function keep(failAt = Number.POSITIVE_INFINITY): Kept {
  const chunks: VideoChunk[] = [];
  const ended: string[] = [];
  const sink: FrameSink = {
    async add(chunk) {
      if (chunk.firstFrame >= failAt) throw new Error('the disk is full');
      chunks.push(chunk);
    },
    finish: async () => void ended.push('finished'),
    abort: async () => void ended.push('aborted'),
  };
  return { chunks, ended, sink };
}

describe('a job whose frames are written as they are decoded', () => {
  it('gives every target the frames of the whole video, in order, and the latents', async () => {
    const cache = new OutputCache(1e8);
    const whole = await runJob({ plan: await plan(), cache });
    const [one, two] = [keep(), keep()];
    const steps: number[] = [];
    const streamed = await streamJob({
      plan: await plan(),
      cache,
      targets: { video: ['one', 'two'] },
      openSink: async (target, shape) => {
        expect(shape).toEqual(whole.video.shape);
        return target === 'one' ? one.sink : two.sink;
      },
      onEvent: (event) => void (event.kind === 'progress' && event.stage === 'decode' && steps.push(event.step)),
    });
    expect(streamed.latents).toEqual(whole.latents);
    expect(one.ended).toEqual(['finished']);
    expect(two.chunks).toEqual(one.chunks);
    expect(one.chunks.length).toBeGreaterThan(1);
    const [, channels, frames, rows, columns] = whole.video.shape;
    let next = 0;
    for (const { firstFrame, video } of one.chunks) {
      expect(firstFrame).toBe(next);
      next += video.shape[2];
      const size = video.shape[2] * rows * columns;
      for (let channel = 0; channel < channels; channel++) {
        const from = (channel * frames + firstFrame) * rows * columns;
        expect(video.data.subarray(channel * size, (channel + 1) * size)).toEqual(whole.video.data.subarray(from, from + size));
      }
    }
    expect(next).toBe(frames);
    expect(steps).toEqual([0, ...one.chunks.map(({ firstFrame, video }) => firstFrame + video.shape[2])]);
  });

  it('leaves nothing behind when a target fails', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    const [good, bad] = [keep(), keep(1)];
    const running = streamJob({
      plan: await plan(),
      targets: { video: ['good', 'bad'] },
      openSink: async (target) => (target === 'good' ? good.sink : bad.sink),
    });
    await expect(running).rejects.toThrow('the disk is full');
    expect(good.ended).toEqual(['aborted']);
    expect(bad.ended).toEqual(['aborted']);
    expect(context.allocator.liveBytes).toBe(before);
  });
});
