import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import type { VideoReader } from '../media';
import { buildLatentUpsamplerGraph, parameterShapes, parseLtxUpsamplerConfig } from '../models';
import { randomNormal } from '../numeric/random';
import { bytesOf, writeSafetensors, type TensorToWrite } from '../weights';
import { openNodeFolder } from '../weights/node';
import {
  knownMedia,
  openLtxModel,
  openUpsampler,
  OutputCache,
  parseJob,
  planJob,
  resolveJob,
  runJob,
  type JobInput,
  type JobResult,
  type LtxModel,
  type MediaLibrary,
  type ProgressEvent,
  type UpsamplerModel,
} from '.';

/** Pipelines whose parts the embedded model does not bring, with parts of random weights: what they compute, not how it looks. */

let model: LtxModel;
let upsampler: UpsamplerModel;
let folder = '';

/** Latents of the embedded model have 48 channels. */
function writeUpsampler(path: string, channels: number): void {
  const json = {
    in_channels: channels,
    mid_channels: 32,
    num_blocks_per_stage: 1,
    dims: 3,
    spatial_upsample: true,
    temporal_upsample: false,
  };
  const { graph } = buildLatentUpsamplerGraph(parseLtxUpsamplerConfig(json), { batch: 1, frames: 2, height: 2, width: 2 });
  const tensors = new Map<string, TensorToWrite>();
  let stream = 0;
  for (const [name, shape] of parameterShapes(graph)) {
    const data = randomNormal(
      11,
      stream++,
      shape.reduce((product, size) => product * size, 1),
    ).map((value) => 0.05 * value);
    tensors.set(name, { dtype: 'F32', shape, bytes: bytesOf(data) });
  }
  writeFileSync(join(path, 'config.json'), JSON.stringify(json));
  writeFileSync(join(path, 'diffusion_pytorch_model.safetensors'), writeSafetensors(tensors));
}

/** A clip of grey frames that get lighter. */
const media: MediaLibrary = {
  facts: async () => ({ width: 32, height: 32, frames: 9, frameRate: { numerator: 8, denominator: 1 }, fingerprint: 'grey' }),
  open: async (): Promise<VideoReader> => ({
    width: 32,
    height: 32,
    frameRate: { numerator: 8, denominator: 1 },
    frameCount: 9,
    description: 'grey',
    async *pictures({ start = 0, end = 9 } = {}) {
      for (let frame = start; frame < end; frame++) {
        yield { width: 32, height: 32, planes: null, rgba: () => new Uint8Array(32 * 32 * 4).fill(60 + 20 * frame) };
      }
    },
    close: async () => undefined,
  }),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-parts-'));
  writeUpsampler(folder, 48);
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
  upsampler = await openUpsampler(await openNodeFolder(folder), 'random');
});
afterAll(async () => {
  await model.close();
  await upsampler.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(job: Partial<JobInput>, cache?: OutputCache, onEvent?: (event: ProgressEvent) => void): Promise<JobResult> {
  const files = ['grey.png', 'grey.mp4'];
  const known = await knownMedia(files, media);
  const resolved = resolveJob(parseJob({ prompt: 'a ball', steps: 2, dtype: 'f32', ...job }), model.traits, known);
  const context = await testContext();
  const plan = planJob({ model, job: resolved, context, previews: false, media: known, upsampler });
  const before = context.allocator.liveBytes;
  context.allocator.resetPeak();
  const result = await runJob({
    plan,
    media,
    upsampler,
    ...(cache === undefined ? {} : { cache }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  expect(context.allocator.liveBytes).toBe(before);
  if (result.ran.length > 0) expect(context.allocator.peakBytes - before).toBeLessThan(plan.forecast.totalBytes * 1.05);
  return result;
}

describe('two stages', () => {
  const twoStage: Partial<JobInput> = { pipeline: 'two-stage', upsampler: 'random', width: 64, height: 32, frames: 5 };

  it('make a clip of twice the size of the first, counted as one denoising, and run only what changed again', async () => {
    const cache = new OutputCache(1e9);
    const steps: string[] = [];
    const { latents, video, ran } = await run(twoStage, cache, (event) => {
      if (event.kind === 'progress' && event.stage === 'denoise') steps.push(`${event.step}/${event.steps}`);
    });
    expect(latents.shape).toEqual([1, 48, 2, 2, 4]);
    expect(video.shape).toEqual([1, 3, 5, 32, 64]);
    expect(video.data.every(Number.isFinite)).toBe(true);
    expect(ran).toEqual(expect.arrayContaining(['denoise', 'upsample', 'denoise-2', 'decode']));
    expect([...new Set(steps)]).toEqual(['0/5', '1/5', '2/5', '3/5', '4/5', '5/5']);
    const refined = await run({ ...twoStage, refine: { sigmas: [0.8, 0.4] } }, cache);
    expect(refined.kept).toContain('upsample');
    expect(refined.ran).not.toContain('denoise');
    expect(refined.latents.data).not.toEqual(latents.data);
  });

  it('hold an image at both stages', async () => {
    const { latents } = await run({ ...twoStage, conditions: [{ file: 'grey.png' }] });
    const image = await run({ pipeline: 'image-to-video', width: 64, height: 32, frames: 5, conditions: [{ file: 'grey.png' }] });
    const firstFrame = (result: JobResult['latents']): number[] => {
      const [, channels, frames, rows, columns] = result.shape;
      const plane = rows * columns;
      return Array.from({ length: channels }, (_, channel) => [
        ...result.data.subarray(channel * frames * plane, channel * frames * plane + plane),
      ]).flat();
    };
    expect(firstFrame(latents)).toEqual(firstFrame(image.latents));
  });

  it('refuse an upsampler of another model before anything is loaded', async () => {
    const other = mkdtempSync(join(tmpdir(), 'aiprod-parts-'));
    writeUpsampler(other, 8);
    const small = await openUpsampler(await openNodeFolder(other), 'small');
    const job = resolveJob(parseJob({ prompt: 'x', ...twoStage }), model.traits);
    const context = await testContext();
    expect(() => planJob({ model, job, context, previews: false, upsampler: small })).toThrow(/48 channels.*8 channels/s);
    await small.close();
    rmSync(other, { recursive: true, force: true });
  });
});

describe('extra tokens', () => {
  it('of a reference video, smaller than the clip, change what is made and are no part of it', async () => {
    const job: Partial<JobInput> = { pipeline: 'ic-lora', video: 'grey.mp4', loras: [{ path: 'any' }], width: 64, height: 32 };
    const { latents, video } = await run({ ...job, reference: { downscaleFactor: 2 } });
    expect(latents.shape).toEqual([1, 48, 3, 2, 4]);
    expect(video.shape).toEqual([1, 3, 9, 32, 64]);
    const weak = await run({ ...job, reference: { downscaleFactor: 2, strength: 0.5 } });
    expect(weak.latents.data).not.toEqual(latents.data);
  });

  it('of key frames work with any solver and with perturbed guidance', async () => {
    const conditions = [{ file: 'grey.png', frame: 8, placement: 'tokens' as const }];
    const job: Partial<JobInput> = { pipeline: 'keyframes', conditions, width: 32, height: 32, frames: 9, stgScale: 1 };
    const euler = await run(job);
    const heun = await run({ ...job, solver: { kind: 'heun' } });
    expect(euler.latents.shape).toEqual([1, 48, 3, 2, 2]);
    expect(heun.latents.data.every(Number.isFinite)).toBe(true);
    expect(heun.latents.data).not.toEqual(euler.latents.data);
  });
});
