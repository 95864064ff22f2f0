import { beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../graph/testing';
import type { VideoWriter } from '../../media';
import { chooseTiling } from './choose-tiling';
import { encodeFrames } from './encode-frames';
import { tilingSchema } from './settings';
import { addChunk, collectChunks, decodedShape, decodeInTiles, streamDecode } from './stream-decode';
import { streamEncode } from './stream-encode';
import { evenSpans, planEncode } from './tile-plan';
import { cpuDecoder, cpuEncoder, goldenVae, randomLatents, testConditions, type TestVae } from './testing';

let vae: TestVae;
beforeAll(async () => {
  vae = await goldenVae('ltx_vae_095');
});

const { signal } = new AbortController();

/** Latents of a number of frames, decoded in tiles of 9. */
async function requestFor(frames: number) {
  const context = await testContext();
  const latents = randomLatents(vae, (frames - 1) / 8 + 1, 1, 1);
  const settings = tilingSchema.parse({ strategy: 'uniform', tile: { frames: 9 }, overlap: { frames: 8 } });
  const choice = chooseTiling({
    vae,
    latentShape: latents.shape,
    dtype: 'f32',
    capabilities: context.capabilities,
    settings,
  });
  return { ...testConditions(vae), context, latents, choice, signal };
}

describe('streaming decode on the device', () => {
  it('holds the same bytes for 9 frames and for 97, gives them all back, and no chunk is longer than a tile', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    const peaks: number[] = [];
    for (const frames of [9, 97]) {
      context.allocator.resetPeak();
      let count = 0;
      for await (const { video } of streamDecode(await requestFor(frames))) {
        expect(video.shape[2]).toBeLessThanOrEqual(9);
        count += video.shape[2];
      }
      expect(count).toBe(frames);
      peaks.push(context.allocator.peakBytes - before);
      expect(context.allocator.liveBytes).toBe(before);
    }
    expect(peaks[1]).toBe(peaks[0]);
    const { choice } = await requestFor(97);
    expect(peaks[1]).toBe(choice.program.memory.totalBytes);
  });

  it('gives its memory back when the caller stops early', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    for await (const { firstFrame } of streamDecode(await requestFor(97))) if (firstFrame > 0) break;
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('is the decode of the same tiles on the CPU, and writes every frame in order', async () => {
    const request = await requestFor(49);
    const whole = decodedShape(vae, request.latents);
    const onGpu = await collectChunks(streamDecode(request), whole);
    const onCpu = await collectChunks(decodeInTilesOnCpu(request), whole);
    const largest = onGpu.data.reduce((most, value, i) => Math.max(most, Math.abs(value - onCpu.data[i])), 0);
    expect(largest).toBeLessThan(1e-3);

    const frames: Uint8ClampedArray[] = [];
    const writer: VideoWriter = {
      async addFrame(rgba, index) {
        expect(index).toBe(frames.length);
        frames.push(Uint8ClampedArray.from(rgba));
      },
      finish: async () => undefined,
      abort: async () => undefined,
    };
    for await (const chunk of streamDecode(request)) await addChunk(writer, chunk);
    expect(frames).toHaveLength(49);
    const size = 32 * 32;
    const red = Math.round(Math.min(255, Math.max(0, (onGpu.data[48 * size] * 0.5 + 0.5) * 255)));
    expect(frames[48][0]).toBe(red);
  });
});

function decodeInTilesOnCpu(request: Awaited<ReturnType<typeof requestFor>>) {
  return decodeInTiles(request, cpuDecoder(vae, request.latents));
}

describe('streaming encode on the device', () => {
  it('holds the same bytes for 9 frames and for 41, and has the moments of the same tiles on the CPU', async () => {
    const context = await testContext();
    const settings = tilingSchema.parse({ strategy: 'uniform', tile: { frames: 9 }, overlap: { frames: 8 } });
    const peaks: number[] = [];
    for (const frames of [9, 41]) {
      const latents = { frames: (frames - 1) / 8 + 1, rows: 1, columns: 1 };
      const latentShape = [1, vae.latentChannels, latents.frames, 1, 1] as const;
      const choice = chooseTiling({
        direction: 'encode',
        vae,
        latentShape,
        dtype: 'f32',
        capabilities: context.capabilities,
        settings,
      });
      const pieces = async function* () {
        for (let frame = 0; frame < frames; frame++) {
          yield {
            shape: [1, 3, 1, 32, 32] as const,
            data: Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i * 0.1 + frame)),
          };
        }
      };
      const before = context.allocator.liveBytes;
      context.allocator.resetPeak();
      const shape = [1, 2 * vae.latentChannels, latents.frames, 1, 1] as const;
      const onGpu = await collectChunks(streamEncode({ vae, read: vae.read, context, choice, latents, source: pieces(), signal }), shape);
      peaks.push(context.allocator.peakBytes - before);
      expect(context.allocator.liveBytes).toBe(before);
      const plan = planEncode(vae, evenSpans(latents, choice.tile, choice.overlap), choice.blend);
      const onCpu = await collectChunks(encodeFrames(vae, pieces(), plan, cpuEncoder(vae)), shape);
      expect(onGpu.data.reduce((most, value, i) => Math.max(most, Math.abs(value - onCpu.data[i])), 0)).toBeLessThan(1e-3);
    }
    expect(peaks[1]).toBe(peaks[0]);
  });
});
