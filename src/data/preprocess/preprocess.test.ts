import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeWav, fitFrames } from '../../media';
import { openVideoWriter } from '../../media/node';
import type { Waveform } from '../../audio';
import { writeSafetensors, type SafetensorsMetadata } from '../../weights';
import {
  openPrecomputedSet,
  parseBuckets,
  readMediaFolder,
  type Captioner,
  type EncodedTensors,
  type MediaItem,
  type SampleEncoder,
  type SoundPart,
} from '..';
import { folderCaptioner, openLocalSource, preprocess, type PreprocessReport, type PreprocessRequest } from '../node';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-preprocess-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A clip in the media folder: each frame has the colour that `colour` says. */
async function clip(name: string, frames: number, colour: (frame: number) => readonly number[], size = [32, 16]): Promise<void> {
  const [width, height] = size;
  const writer = await openVideoWriter(join(folder, name), { width, height, frameRate: { numerator: 24, denominator: 1 }, format: 'y4m' });
  for (let frame = 0; frame < frames; frame++) {
    const rgba = new Uint8Array(width * height * 4);
    for (let pixel = 0; pixel < width * height; pixel++) rgba.set([...colour(frame), 255], pixel * 4);
    await writer.addFrame(rgba, frame);
  }
  await writer.finish();
}

/** Latents are the first frame's red; embeddings are a caption's length. */
function fakeEncoder(identity = 'a'): SampleEncoder & { videos: number; texts: string[] } {
  return {
    videos: 0,
    texts: [],
    identity: { video: identity, text: identity, sound: 'null' },
    sizeMultiple: 8,
    frameMultiple: 4,
    ratios: { spatial: 8, temporal: 4 },
    async encodeVideo(video, { width, height, frames }) {
      this.videos++;
      const { data } = await fitFrames(video, { width, height, frames: { start: 0, end: frames } });
      const shape = [1, (frames - 1) / 4 + 1, height / 8, width / 8];
      return { latents: { shape, dtype: 'f32', data: new Float32Array(shape.reduce((a, b) => a * b)).fill(data[0]) } };
    },
    async encodeTexts(captions) {
      this.texts.push(...captions);
      return captions.map((caption) => ({
        prompt_embeds: { shape: [1, 1], dtype: 'f32', data: Float32Array.of(caption.length) },
        prompt_mask: { shape: [1], dtype: 'f32', data: Float32Array.of(1) },
      }));
    },
  };
}

/** A fake encoder of sound, too: a latent is the first sample of its 40 ms. */
function soundEncoder(): SampleEncoder & { texts: string[]; sounds: number } {
  const encoder = fakeEncoder();
  const both = {
    ...encoder,
    sounds: 0,
    sound: {
      latentsPerSecond: 25,
      async encode(sound: Waveform, { start, frames, frameRate }: SoundPart): Promise<EncodedTensors> {
        both.sounds++;
        const steps = Math.round((25 * frames * frameRate.denominator) / frameRate.numerator);
        const at = (k: number): number => sound.channels[0][Math.round((start + k / 25) * sound.sampleRate)] ?? 0;
        return { latents: { shape: [1, steps, 1], dtype: 'f32', data: Float32Array.from({ length: steps }, (_, k) => at(k)) } };
      },
    },
  };
  return both;
}

/** A WAV in the media folder, of as many seconds, at 1000 samples a second. */
async function wav(name: string, seconds: number, valueAt: (second: number) => number): Promise<void> {
  const samples = Float32Array.from({ length: Math.round(1000 * seconds) }, (_, k) => valueAt(k / 1000));
  await writeFile(join(folder, name), encodeWav({ sampleRate: 1000, channels: [samples] }));
}

const captioner: Captioner = {
  identity: 'brightness',
  caption: async ({ rgba }) => (rgba[0] > 128 ? 'red' : 'dark'),
  close: async () => undefined,
};

async function run(encoder: SampleEncoder, more: Partial<PreprocessRequest> = {}): Promise<PreprocessReport> {
  const source = await openLocalSource(folder);
  const set = await readMediaFolder(source, '');
  const settings = { buckets: parseBuckets('32x16x5;16x16x9;32x16x1'), referenceDownscale: 1, sound: false };
  const root = join(folder, '.precomputed');
  return preprocess({ source, set, root, encoder, settings, signal: new AbortController().signal, ...more });
}

test('media and captions become a set that a trainer reads; a second run makes nothing; damage is named', async () => {
  await clip('a.y4m', 8, () => [255, 0, 0]);
  await clip('b.y4m', 12, () => [0, 0, 0], [24, 24]);
  await writeFile(join(folder, 'a.txt'), 'a red clip');
  await writeFile(join(folder, 'b.txt'), 'a dark clip');
  await writeFile(join(folder, 'torn.mp4'), 'no clip');
  await writeFile(join(folder, 'torn.txt'), 'torn');
  await clip('silent.y4m', 8, () => [0, 0, 0]);
  const first = fakeEncoder();
  const report = await run(first);
  expect(report).toMatchObject({ samples: 2, encodedMedia: 2, encodedTexts: 2, written: 0 });
  expect(report.rejected.map(({ id }) => id)).toEqual(['silent', 'torn']);
  expect(report.rejected[0].reason).toMatch(/no caption/);
  const set = await openPrecomputedSet(await openLocalSource(folder));
  expect([0, 1].map((k) => `${set.idOf(k)} ${set.bucketOf(k)}`)).toEqual(['a latents 1x2x2x4', 'b latents 1x3x2x2']);
  expect(await set.read(0)).toMatchObject({ id: 'a', caption: 'a red clip', fps: 24 });
  expect((await set.read(0)).tensors.get('latents')?.data[0]).toBeGreaterThan(0.9);

  const second = fakeEncoder();
  expect(await run(second)).toMatchObject({ samples: 2, encodedMedia: 0, encodedTexts: 0 });
  expect([second.videos, second.texts]).toEqual([0, []]);

  // Another time of change alone is no other content; another caption costs a text, another clip its latents; a lost file comes back.
  await utimes(join(folder, 'a.y4m'), 1, 1);
  await writeFile(join(folder, 'b.txt'), 'a black clip');
  const third = fakeEncoder();
  await run(third);
  expect([third.videos, third.texts]).toEqual([0, ['a black clip']]);
  await clip('a.y4m', 8, () => [20, 0, 0]);
  await rm(join(folder, '.precomputed/conditions/b.safetensors'));
  const fourth = fakeEncoder();
  await run(fourth);
  expect([fourth.videos, fourth.texts]).toEqual([1, ['a black clip']]);
  const other = fakeEncoder('b');
  expect(await run(other)).toMatchObject({ encodedMedia: 2, encodedTexts: 2 });
});

test('first frames are written for models that read them', async () => {
  await clip('a.y4m', 8, () => [255, 0, 0]);
  await writeFile(join(folder, 'a.txt'), 'a red clip');
  const encoder = fakeEncoder();
  const image: SampleEncoder = {
    ...encoder,
    identity: { ...encoder.identity, image: 'clip' },
    encodeImage: async () => ({
      condition: { shape: [1, 2, 2, 4], dtype: 'f32', data: new Float32Array(16).fill(0.5) },
      image_embeds: { shape: [2, 1], dtype: 'f32', data: Float32Array.of(3, 4) },
    }),
  };
  // What was made for a model without an image encoder is made anew.
  await run(encoder);
  expect(await run(image)).toMatchObject({ encodedMedia: 1, encodedTexts: 0 });
  const set = await openPrecomputedSet(await openLocalSource(folder), { folders: ['latents', 'image_conditions', 'conditions'] });
  expect(set.bucketOf(0)).toBe('latents 1x2x2x4, image_conditions 1x2x2x4');
  const { tensors } = await set.read(0);
  expect(tensors.get('image_conditions')?.data[3]).toBe(0.5);
  expect([...(tensors.get('image_conditions.image_embeds')?.data ?? [])]).toEqual([3, 4]);
});

test('scenes are samples of their own, with captions of a captioner; what a change makes superfluous goes', async () => {
  await clip('long.y4m', 45, (frame) => (frame < 20 ? [255, 0, 0] : frame < 42 ? [0, 0, 60] : [200, 255, 0]));
  const settings = { buckets: parseBuckets('32x16x9'), referenceDownscale: 1, sound: false, scenes: { shortest: 3 }, trigger: 'TRIG' };
  const encoder = fakeEncoder();
  const report = await run(encoder, { settings, captioner });
  expect(report).toMatchObject({ samples: 2, encodedMedia: 2, written: 2 });
  expect(report.rejected.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([expect.stringMatching(/^long-scene-002: 3 frames/)]);
  expect(encoder.texts).toEqual(['TRIG red', 'TRIG dark']);
  const again = fakeEncoder();
  expect(await run(again, { settings, captioner })).toMatchObject({ encodedMedia: 0, encodedTexts: 0, written: 0 });
  await run(again, { settings: { ...settings, scenes: undefined }, captioner });
  expect(await readdir(join(folder, '.precomputed/latents'))).toEqual(['long.safetensors']);
  expect(await readdir(join(folder, '.precomputed/conditions'))).toEqual(['long.safetensors']);
});

test('a captioner in ONNX form writes what is missing, once; another one writes it anew', async () => {
  await clip('a.y4m', 5, () => [230, 40, 30]);
  const fixture = fileURLToPath(new URL('../../../fixtures/onnx-captioner', import.meta.url));
  const { signal } = new AbortController();
  const writer = await folderCaptioner(fixture, signal);
  const settings = { buckets: parseBuckets('32x16x5'), referenceDownscale: 1, sound: false };
  const encoder = fakeEncoder();
  expect(await run(encoder, { settings, captioner: writer })).toMatchObject({ samples: 1, written: 1 });
  expect(encoder.texts).toEqual([expect.stringMatching(/^a (red|green|blue|white) square .* of a dark picture$/)]);
  await writer.close();
  expect(await run(encoder, { settings, captioner: await folderCaptioner(fixture, signal) })).toMatchObject({
    written: 0,
    encodedTexts: 0,
  });
  expect(await run(encoder, { settings, captioner })).toMatchObject({ written: 1 });
  await expect(folderCaptioner(join(folder, 'nothing'), signal)).rejects.toThrow(/the captioner is not there.*preprocess\.captioner/);
});

test('references and masks go with their clip; a run that is cut off goes on', async () => {
  for (const name of ['a', 'b', 'c']) await clip(`${name}.y4m`, 5, () => [255, 255, 255]);
  await clip('mask.y4m', 5, (frame) => (frame === 3 ? [0, 0, 0] : [255, 255, 255]));
  await clip('short.y4m', 2, () => [0, 0, 0]);
  const items = [
    { id: 'a', video: 'a.y4m', caption: 'a', video_mask: 'mask.y4m', reference_video: 'b.y4m' },
    { id: 'b', video: 'b.y4m', caption: 'b', reference_video: 'short.y4m' },
    { id: 'c', video: 'c.y4m', caption: 'c' },
  ];
  const set = { items, rejected: [] };
  const settings = { buckets: parseBuckets('32x16x5'), referenceDownscale: 2, sound: false };
  const abort = new AbortController();
  const onProgress = (_: string, done: number): void => void (done === 1 && abort.abort());
  await expect(run(fakeEncoder(), { set, settings, signal: abort.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
  const encoder = fakeEncoder();
  const report = await run(encoder, { set, settings });
  expect(report.rejected.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([expect.stringMatching(/^b: short\.y4m.*expected 5 frames/)]);
  expect(encoder.videos).toBe(1);
  const folders = ['latents', 'conditions', 'reference_latents', 'video_masks'];
  const made = await openPrecomputedSet(await openLocalSource(folder), { folders });
  const { tensors } = await made.read(0);
  expect(made.bucketOf(0)).toBe('latents 1x2x2x4, reference_latents 1x2x1x2, video_masks 2x2x4');
  expect([...(tensors.get('video_masks')?.data ?? [])]).toEqual([...new Array<number>(8).fill(1), ...new Array<number>(8).fill(0)]);
  await expect(run(encoder, { set, settings: { ...settings, referenceDownscale: 4 } })).rejects.toThrow(/8x4x5/);
});

test('masks of a version that meant the contrary are refused; those that other programs made are taken', async () => {
  await clip('a.y4m', 5, () => [255, 255, 255]);
  const set = { items: [{ id: 'a', video: 'a.y4m', caption: 'a', video_mask: 'a.y4m' }], rejected: [] };
  await run(fakeEncoder(), { set });
  const folders = ['latents', 'video_masks', 'conditions'];
  const openSet = async (): Promise<number> => (await openPrecomputedSet(await openLocalSource(folder), { folders })).size;
  expect(await openSet()).toBe(1);
  const mask = { dtype: 'F32', shape: [2, 2, 4], bytes: new Uint8Array(64) } as const;
  const writeMask = async (metadata: SafetensorsMetadata): Promise<void> =>
    writeFile(join(folder, '.precomputed', 'video_masks', 'a.safetensors'), writeSafetensors(new Map([['mask', mask]]), metadata));
  // What preprocessing wrote before its masks said what they give.
  await writeMask({ fps: '24', frame_rate: '24', bucket: '32x16x5' });
  await expect(openSet()).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringMatching(/earlier version.*aiprod preprocess again/) as string,
  });
  await writeMask({});
  expect(await openSet()).toBe(1);
});

test('pixels are samples of their own kind: bytes, without captions and the encoder', async () => {
  await clip('a.y4m', 5, (frame) => (frame < 2 ? [255, 0, 0] : [0, 0, 255]));
  const settings = { buckets: parseBuckets('32x16x5'), referenceDownscale: 1, sound: false, pixels: true };
  const encoder = fakeEncoder();
  expect(await run(encoder, { settings })).toMatchObject({ samples: 1, encodedMedia: 1, encodedTexts: 0, rejected: [] });
  expect([encoder.videos, encoder.texts]).toEqual([0, []]);
  const set = await openPrecomputedSet(await openLocalSource(folder), { folders: ['videos'] });
  expect(set.bucketOf(0)).toBe('videos 3x5x16x32');
  const { data = [] } = (await set.read(0)).tensors.get('videos') ?? {};
  const at = (channel: number, frame: number): number => data[(channel * 5 + frame) * 16 * 32 + 100];
  // Y4M keeps colours to a few levels.
  for (const [channel, frame, value] of [
    [0, 1, 255],
    [2, 1, 0],
    [0, 2, 0],
    [2, 4, 255],
  ])
    expect(Math.abs(at(channel, frame) - value)).toBeLessThan(6);
  // Other weights of a VAE change no pixels.
  expect(await run(fakeEncoder('b'), { settings })).toMatchObject({ samples: 1, encodedMedia: 0 });
});

test('sounds without a picture become samples by how long they are', async () => {
  await wav('long.wav', 0.35, (second) => second);
  await wav('short.wav', 0.1, () => 0.5);
  await wav('shorter.wav', 0.05, () => 0.5);
  await wav('silent.wav', 0.3, () => 0);
  for (const name of ['long', 'short', 'shorter']) await writeFile(join(folder, `${name}.txt`), `a ${name} tone`);
  const encoder = soundEncoder();
  const settings = { buckets: [], durations: [0.1, 0.2], referenceDownscale: 1, sound: true };
  const report = await run(encoder, { settings, captioner });
  expect(report).toMatchObject({ samples: 2, encodedMedia: 2, encodedTexts: 2, written: 0 });
  expect(report.rejected.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
    expect.stringMatching(/^shorter: .*at least 0\.1 seconds.*found 0\.050/),
    expect.stringMatching(/^silent: the sound has no caption.*captioners look at pictures/),
  ]);
  const set = await openPrecomputedSet(await openLocalSource(folder), { folders: ['audio_latents', 'conditions'] });
  // 0.1 seconds are 2.5 latents.
  expect([0, 1].map((k) => `${set.idOf(k)} ${set.bucketOf(k)}`)).toEqual(['long audio_latents 1x5x1', 'short audio_latents 1x3x1']);
  const { tensors, caption } = await set.read(0);
  expect([caption, tensors.get('audio_latents')?.data[4]]).toEqual(['a long tone', Math.fround(0.16)]);

  expect(await run(encoder, { settings: { ...settings, buckets: parseBuckets('32x16x5') }, captioner })).toMatchObject({
    samples: 2,
    encodedMedia: 0,
  });
  expect(encoder.sounds).toBe(2);
  const reasons = async (more: Partial<PreprocessRequest>): Promise<string[]> =>
    (await run(encoder, more)).rejected.map(({ reason }) => reason);
  const { durations: _, ...without } = settings;
  expect((await reasons({ settings: without }))[0]).toMatch(/preprocess\.audio_durations/);
  expect((await reasons({ settings, encoder: fakeEncoder() }))[0]).toMatch(/a model of picture and sound/);
  expect((await reasons({ settings: { ...settings, sound: false } }))[0]).toMatch(/with_audio: true/);
  await clip('seen.y4m', 5, () => [0, 0, 0]);
  await writeFile(join(folder, 'seen.txt'), 'dark');
  expect(await reasons({ settings })).toContainEqual(expect.stringMatching(/preprocess\.resolution_buckets/));
});

test('masks of a sound say which of its latents are given: amplitudes as in LTX-2’s trainer, or stretches in seconds', async () => {
  await wav('a.wav', 0.4, () => 0.5);
  // Given but for 0.125 to 0.13 seconds, within latent 3; and up to 0.3 seconds alone.
  await wav('hole.wav', 0.4, (second) => (second >= 0.125 && second < 0.13 ? 0.4 : -1));
  await wav('short.wav', 0.3, () => 1);
  await writeFile(
    join(folder, 'stretches.json'),
    JSON.stringify({
      generated: [
        [0, 0.04],
        [0.28, 0.32],
      ],
    }),
  );
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ generated: [[0.5, 0.2]] }));
  const masked = (id: string, mask: string): MediaItem => ({ id, audio: 'a.wav', caption: 'a tone', audio_mask: mask });
  const set = { items: ['hole.wav', 'stretches.json', 'short.wav', 'wrong.json'].map((mask) => masked(mask, mask)), rejected: [] };
  const settings = { buckets: [], durations: [0.4], referenceDownscale: 1, sound: true };
  const report = await run(soundEncoder(), { set, settings });
  expect(report.rejected.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
    expect.stringMatching(/^short\.wav: .*is shorter than the sound.*expected 0\.400 seconds; found 0\.300/),
    expect.stringMatching(/^wrong\.json: .*cannot be read.*begins before it ends/),
  ]);
  const made = await openPrecomputedSet(await openLocalSource(folder), { folders: ['audio_latents', 'audio_masks', 'conditions'] });
  expect(made.bucketOf(0)).toBe('audio_latents 1x10x1, audio_masks 10');
  const maskOf = async (index: number): Promise<number[]> => [...((await made.read(index)).tensors.get('audio_masks')?.data ?? [])];
  // The latent after each, too: it is made of sound that begins in the one before.
  expect(await maskOf(0)).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
  expect(await maskOf(1)).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 0, 1]);
});

test('a clip’s sound and its mask are those of the same scene', async () => {
  await clip('long.y4m', 40, (frame) => (frame < 20 ? [255, 0, 0] : [0, 0, 60]));
  await wav('sound.wav', 2, (second) => second / 2);
  await writeFile(join(folder, 'mask.json'), JSON.stringify({ generated: [[1, 1.04]] }));
  const items = [{ id: 'long', video: 'long.y4m', audio: 'sound.wav', audio_mask: 'mask.json', caption: 'two colours' }];
  const settings = { buckets: parseBuckets('32x16x13'), referenceDownscale: 1, sound: true, scenes: { shortest: 3 } };
  expect(await run(soundEncoder(), { set: { items, rejected: [] }, settings })).toMatchObject({ samples: 2, rejected: [] });
  const made = await openPrecomputedSet(await openLocalSource(folder), {
    folders: ['latents', 'audio_latents', 'audio_masks', 'conditions'],
  });
  const zeros = async (index: number): Promise<number[]> => {
    const mask = (await made.read(index)).tensors.get('audio_masks')?.data ?? [];
    return [...mask.keys()].filter((k) => mask[k] === 0);
  };
  // The second scene begins at 20 / 24 seconds, so that a second is step 4.2 of it.
  expect([await zeros(0), await zeros(1)]).toEqual([[], [4, 5, 6]]);
  expect((await made.read(1)).tensors.get('audio_latents')?.data[0]).toBeCloseTo(20 / 48, 3);
});
