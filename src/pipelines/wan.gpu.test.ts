import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateGraph } from '../graph';
import { testContext } from '../graph/testing';
import { relativeError } from '../models/testing/golden';
import { randomNormal } from '../numeric/random';
import { openNodeFolder } from '../weights/node';
import { collectChunks, tilingSchema } from './tiling';
import { familyOf, gpuMachine, memoryStore, openWanModel, parseJob, planJob, resolveJob, runJob, type JobPlan, type WanModel } from '.';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let model: WanModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-wan-'));
  execFileSync(process.execPath, [join(root, 'tools/tiny-wan/write-folder.mjs'), folder]);
  model = await openWanModel(await openNodeFolder(folder), 'tiny');
});
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

async function plan(memoryBudget?: number): Promise<JobPlan> {
  const input = parseJob({ prompt: 'a ball bounces', frames: 1, width: 32, height: 32, dtype: 'f32' });
  const job = resolveJob(input, model.traits);
  return planJob({ model, job, context: await testContext(), previews: false, ...(memoryBudget === undefined ? {} : { memoryBudget }) });
}

describe('a Wan model on the device', () => {
  it('goes on from a store to the same bits', async () => {
    const whole = await runJob({ plan: await plan() });
    const controller = new AbortController();
    const store = memoryStore();
    const stopped = runJob({
      plan: await plan(),
      store,
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === 'progress' && event.stage === 'denoise' && event.step === 1) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/cancelled/);
    const resumed = await runJob({ plan: await plan(), store });
    expect(resumed.video).toEqual(whole.video);
    expect(resumed.kept).toContain('text');
  });

  it('decodes and encodes in tiles what it does at once, attention over whole frames included', async () => {
    const context = await testContext();
    const { ratios, context: around } = familyOf(model).vae;
    const before = context.allocator.liveBytes;
    const [latentColumns, frames] = [30, 2];
    const latents = { shape: [1, 4, frames, 2, latentColumns] as const, data: randomNormal(5, 0, 4 * frames * 2 * latentColumns) };
    const pixelShape = [1, 3, 5, 2 * ratios.spatial, latentColumns * ratios.spatial] as const;
    const pixels = {
      shape: pixelShape,
      data: randomNormal(6, 0, 15 * pixelShape[3] * pixelShape[4]).map((x) => Math.max(-1, Math.min(1, x))),
    };
    const [whole, tiled] = await Promise.all(
      [undefined, 24].map(async (columns) => {
        const { decode, encode } = around;
        // As much as the levels see to either side, and a latent more, which is blended.
        const overlap = 1 + Math.max(decode.space.before + decode.space.after, encode.space.before + encode.space.after);
        const tiling = tilingSchema.parse(
          columns === undefined
            ? 'auto'
            : { strategy: 'uniform', tile: { width: columns * ratios.spatial }, overlap: { pixels: overlap * ratios.spatial } },
        );
        const machine = gpuMachine({ model, context, dtype: 'f32', previews: false, tiling });
        const choices = [machine.programs.decoding(latents.shape), machine.programs.encoding(pixelShape)];
        expect(choices.map(({ exact, wholeFrames }) => [exact, wholeFrames !== undefined])).toEqual(
          choices.map(() => [true, columns !== undefined]),
        );
        return machine.withAutoencoder(0, new AbortController().signal, async (vae) => ({
          decoded: await collectChunks(vae.decode(latents), pixelShape),
          encoded: await vae.encode(pixels),
        }));
      }),
    );
    expect(tiled.encoded.shape).toEqual(whole.encoded.shape);
    expect(relativeError(tiled.encoded.data, whole.encoded.data)).toBeLessThan(1e-5);
    expect(relativeError(tiled.decoded.data, whole.decoded.data)).toBeLessThan(1e-5);
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('decodes in parts of time what it decodes at once, in memory that does not grow with the length', async () => {
    const context = await testContext();
    const machine = gpuMachine({ model, context, dtype: 'f32', previews: false });
    const read = model.reader('vae');
    const before = context.allocator.liveBytes;
    const peaks: number[] = [];
    for (const frames of [3, 6]) {
      context.allocator.resetPeak();
      const shape = [1, 4, frames, 2, 2] as const;
      const latents = { shape, data: randomNormal(5, 0, 16 * frames) };
      const made: Float32Array[] = [];
      await machine.withAutoencoder(0, new AbortController().signal, async (vae) => {
        for await (const { firstFrame, video } of vae.decode(latents)) {
          expect(firstFrame).toBe(made.length === 0 ? 0 : 4 * made.length - 3);
          made.push(video.data);
        }
      });
      peaks.push(context.allocator.peakBytes - before);
      expect(made.map(({ length }) => length / (3 * 16 * 16))).toEqual([1, ...Array.from({ length: frames - 1 }, () => 4)]);
      if (frames !== 3) continue;
      const { graph } = familyOf(model).vae.decoder(shape, 'f32');
      const whole = (await evaluateGraph(graph, { latents: latents.data }, read)).get('sample')?.data;
      if (!(whole instanceof Float32Array)) throw new Error('no sample');
      const frameOf = (part: Float32Array, count: number, frame: number): Float32Array =>
        Float32Array.from([0, 1, 2].flatMap((c) => [...part.subarray((c * count + frame) * 256, (c * count + frame + 1) * 256)]));
      const [, second] = made;
      expect(relativeError(frameOf(made[0], 1, 0), frameOf(whole, 9, 0))).toBeLessThan(1e-5);
      expect(relativeError(frameOf(second, 4, 3), frameOf(whole, 9, 4))).toBeLessThan(1e-5);
      expect(relativeError(frameOf(made[2], 4, 3), frameOf(whole, 9, 8))).toBeLessThan(1e-5);
    }
    expect(peaks[1]).toBe(peaks[0]);
    expect(context.allocator.liveBytes).toBe(before);
  });
});
