import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fitImage } from '../media';
import { compressImage, encodePng } from '../media/node';
import { testPicture } from '../media/testing';
import { isTensor, runGraph } from './dag';
import { drawJob } from './draw-job';
import { parseJob, type JobInput, type KnownMedia } from './job';
import { loadMediaKind } from './nodes/load-media';
import { nodeMedia } from './node-media';
import { openOutline } from './opening/outlines';
import { resolveJob } from './resolve-job';

/** Images are coded by H.264 before LTX-2 sees them, as the reference does it. */

const facts = (frames: number) => ({ width: 90, height: 61, frames, frameRate: null, fingerprint: 'f' });
const media: KnownMedia = new Map([
  ['a.png', facts(1)],
  ['clip.mp4', facts(9)],
]);
const [ltx2, ltxVideo] = await Promise.all(
  ['ltx-2-19b', 'ltx-video-2b'].map(async (name) => {
    const model = await openOutline(name);
    if (model === undefined) throw new Error(`no outline of ${name}`);
    return model;
  }),
);
const resolve = (job: Partial<JobInput>, model = ltx2) => resolveJob(parseJob({ prompt: 'x', ...job }), model.traits, media);
const onImage: Partial<JobInput> = { pipeline: 'image-to-video', conditions: [{ file: 'a.png' }] };

describe('the rate factor at which images are coded', () => {
  it('is 33 for LTX-2 and none for LTX-Video, and what the job says', () => {
    expect(resolve(onImage).imageCrf).toBe(33);
    expect(resolve(onImage, ltxVideo).imageCrf).toBe(0);
    expect(resolve({ ...onImage, imageCrf: 0 }).imageCrf).toBe(0);
    expect(resolve({ ...onImage, imageCrf: 29 }, ltxVideo).imageCrf).toBe(29);
  });

  it('is nothing where a job has no image, and refused there', () => {
    expect(resolve({}).imageCrf).toBeUndefined();
    const onVideo: Partial<JobInput> = { pipeline: 'keyframes', conditions: [{ file: 'clip.mp4' }] };
    expect(resolve(onVideo).imageCrf).toBeUndefined();
    expect(() => resolve({ ...onVideo, imageCrf: 33 })).toThrow(/no image to code/);
    expect(() => resolve({ imageCrf: 33 })).toThrow(/takes no imageCrf/);
    expect(() => parseJob({ prompt: 'x', imageCrf: 52 })).toThrow(/imageCrf/);
  });
});

const codingSchema = z.object({ file: z.string(), crf: z.number().optional() });

it('every pipeline codes images, in every stage, and leaves videos as they are', () => {
  const conditions = [{ file: 'a.png' }, { file: 'clip.mp4', frame: 8 }, { file: 'a.png', frame: 16 }];
  const jobs: readonly Partial<JobInput>[] = [
    onImage,
    { pipeline: 'keyframes', conditions },
    { pipeline: 'distilled', conditions },
    { pipeline: 'two-stage', conditions: [{ file: 'a.png' }], upsampler: 'u' },
    { pipeline: 'ic-lora', conditions: [{ file: 'a.png' }], video: 'clip.mp4', loras: [{ path: 'l' }] },
  ];
  for (const job of jobs) {
    const resolved = resolve(job);
    const upsampling = job.upsampler === undefined ? {} : { upsampling: { space: 2, time: 1 } };
    const loads = drawJob({ model: ltx2, job: resolved, media, ...upsampling }).nodes.filter(({ kind }) => kind === 'load-media');
    const coded = loads.map(({ settings }) => codingSchema.parse(settings));
    expect(coded.length).toBe(job.pipeline === 'two-stage' ? 2 : job.pipeline === 'ic-lora' ? 2 : resolved.conditions.length);
    for (const { file, crf } of coded) expect(crf).toBe(file === 'a.png' ? 33 : undefined);
  }
});

describe('an image', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aiprod-image-coding-'));
    const { width, height, rgba } = picture;
    await writeFile(join(folder, 'a.png'), encodePng(rgba, width, height));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const picture = testPicture(90, 61);

  const loaded = async (crf: number | undefined): Promise<Float32Array> => {
    const range = { file: join(folder, 'a.png'), fingerprint: 'f', start: 0, count: 1, lead: 0, tail: 0, width: 64, height: 64 };
    const load = { name: 'load', kind: 'load-media', inputs: {}, settings: crf === undefined ? range : { ...range, crf } };
    const { outputs } = await runGraph({
      graph: [{ ...load, placement: 'cpu' }],
      kinds: new Map([['load-media', loadMediaKind(nodeMedia)]]),
      targets: [{ node: 'load', output: 'video' }],
    });
    const video = outputs.get('load.video');
    if (!isTensor(video)) throw new Error('no video');
    return video.data;
  };

  it('is coded at the size that it has in its file, then scaled', async () => {
    const [asIs, coded] = [await loaded(undefined), await loaded(33)];
    expect(asIs).toEqual((await fitImage(picture, { width: 64, height: 64 })).data);
    expect(coded).toEqual((await fitImage(await compressImage(picture, 33), { width: 64, height: 64 })).data);
    expect(coded).not.toEqual(asIs);
  });
});
