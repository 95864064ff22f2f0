import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { waveformSource } from '../audio';
import { AiprodError } from '../errors';
import { resampleImage } from '../numeric/resample-image';
import { centreCrop, fitFrames, fitImage } from './fit-frames';
import { rgbaToRgb } from './frames';
import { openVideo, openVideoWriter, readFrames, readImage, writeWithSound } from './node';
import { frameNumber, meanDifference, testFrame } from './test-clip';
import type { Picture } from './types';

// Decoders are slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000 });

/** How the files were made: tools/media-fixtures. */
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-reading-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Samples as stored, planes one after another; colours where there are none. */
function stored({ planes, rgba }: Picture): string {
  if (planes === null) return md5(rgba());
  const parts = [planes.y, planes.cb, planes.cr].map((plane) => new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength));
  return md5(Buffer.concat(parts));
}

async function hashes(name: string, range?: { start: number; end: number }): Promise<string[]> {
  const reader = await openVideo(fixture(name));
  try {
    const list: string[] = [];
    for await (const picture of reader.pictures(range)) list.push(stored(picture));
    return list;
  } finally {
    await reader.close();
  }
}

const expectedHashes = async (name: string): Promise<string[]> => (await readFile(fixture(`${name}.md5`), 'utf8')).trim().split('\n');

const CLIPS = [
  ['h264-bframes.mp4', 66, 50, '24/1'],
  ['h264-open-gop.mp4', 64, 48, '30000/1001'],
  ['h264-full-range.mp4', 64, 48, '24/1'],
  ['h264-422-10bit.mp4', 64, 48, '24/1'],
  ['hevc-open-gop.mp4', 64, 48, '25/1'],
  ['vp8-hidden-frames.webm', 64, 48, '24/1'],
  ['vp9.webm', 64, 48, '24/1'],
  ['av1.mp4', 64, 48, '24/1'],
  ['fragmented.mp4', 66, 50, '24/1'],
  ['edit-list.mp4', 66, 50, '24/1'],
  ['colors.gif', 64, 48, '25/1'],
  ['planes-422.y4m', 66, 50, '24/1'],
] as const;

describe('clips that ffmpeg made', () => {
  it.each(CLIPS)('%s has the frames that ffmpeg decodes, bit for bit', async (name, width, height, rate) => {
    const reader = await openVideo(fixture(name));
    const expected = await expectedHashes(name);
    expect(reader).toMatchObject({ width, height, frameCount: expected.length });
    expect(`${reader.frameRate?.numerator}/${reader.frameRate?.denominator}`).toBe(rate);
    await reader.close();
    expect(await hashes(name)).toEqual(expected);
  });

  it.each(CLIPS)('%s: any range is those frames', async (name) => {
    const expected = await expectedHashes(name);
    for (let start = 0; start < expected.length; start += 1) {
      const end = Math.min(expected.length, start + 2);
      expect(await hashes(name, { start, end })).toEqual(expected.slice(start, end));
    }
  });

  it('a Blob is read as the file is', async () => {
    for (const name of ['h264-bframes.mp4', 'colors.gif', 'planes-422.y4m']) {
      const reader = await openVideo(new Blob([await readFile(fixture(name))]));
      const list: string[] = [];
      for await (const picture of reader.pictures({ end: 3 })) list.push(stored(picture));
      expect(list).toEqual((await expectedHashes(name)).slice(0, 3));
      await reader.close();
    }
  });

  it('knows range and matrix of the samples', async () => {
    const [full] = await picturesOf('h264-full-range.mp4');
    expect(full.planes).toMatchObject({ sampling: '420', bitDepth: 8, matrix: 'bt709', fullRange: true });
    const [deep] = await picturesOf('h264-422-10bit.mp4');
    expect(deep.planes).toMatchObject({ sampling: '422', bitDepth: 10, matrix: 'bt601', fullRange: false });
    // The same test card, stored in three ways.
    const [plain] = await picturesOf('vp9.webm');
    expect(meanDifference(full.rgba(), plain.rgba())).toBeLessThan(8);
    expect(meanDifference(deep.rgba(), plain.rgba())).toBeLessThan(8);
  });

  it('shows a turned clip upright', async () => {
    const reader = await openVideo(fixture('rotated.mp4'));
    expect(reader).toMatchObject({ width: 50, height: 66 });
    await reader.close();
    const [picture] = await picturesOf('rotated.mp4');
    const upright = await readImage(fixture('rotated-first.png'));
    // ffmpeg converts to RGB with fewer bits.
    expect(meanDifference(picture.rgba(), upright.rgba)).toBeLessThan(1.5);
  });

  it('refuses a range that the clip does not have', async () => {
    const reader = await openVideo(fixture('h264-bframes.mp4'));
    for (const range of [{ start: 24 }, { start: -1 }, { end: 25 }, { start: 3, end: 3 }, { start: 0.5 }]) {
      await expect(reader.pictures(range).next()).rejects.toMatchObject({ code: 'bad-input' });
    }
    await reader.close();
  });
});

async function picturesOf(name: string): Promise<Picture[]> {
  const reader = await openVideo(fixture(name));
  const list: Picture[] = [];
  for await (const picture of reader.pictures({ end: 1 })) list.push(picture);
  await reader.close();
  return list;
}

describe('clips of our own', () => {
  it.each(['mp4', 'gif', 'y4m', 'png'] as const)('%s is read back without ffmpeg', async (format) => {
    const path = join(folder, `own.${format}`);
    const writer = await openVideoWriter(path, {
      width: 64,
      height: 48,
      frameRate: { numerator: 24, denominator: 1 },
      format,
      ...(format === 'mp4' ? { encoder: 'wasm' } : {}),
    });
    for (let index = 0; index < 30; index++) await writer.addFrame(testFrame(64, 48, index), index);
    await writer.finish();
    const { frames, frameRate } = await readFrames(path, { start: 20, end: 23 });
    expect(frameRate).toEqual(format === 'png' ? null : { numerator: 24, denominator: 1 });
    expect(frames).toHaveLength(3);
    const bound = { mp4: 4, gif: 3, y4m: 2, png: 0 }[format];
    for (const [index, frame] of frames.entries()) {
      expect(meanDifference(frame, testFrame(64, 48, 20 + index))).toBeLessThanOrEqual(bound);
    }
  });
});

it('an MP4 that the encoder made in several pieces is one clip', async () => {
  const path = join(folder, 'pieces.mp4');
  const frameRate = { numerator: 16, denominator: 1 };
  const writer = await openVideoWriter(path, { width: 64, height: 48, frameRate, format: 'mp4', encoder: 'wasm' });
  for (let index = 0; index < 150; index++) await writer.addFrame(testFrame(64, 48, index), index);
  await writer.finish();
  const { frames } = await readFrames(path);
  expect(frames.map((frame) => frameNumber(frame, 64))).toEqual(Array.from({ length: 150 }, (_, index) => index));
});

it.each([
  [16, 1],
  [24, 1],
  [25, 1],
  [30000, 1001],
  [60, 1],
])('an MP4 of a few frames at %i/%i has that rate, and keeps it with another sound', async (numerator, denominator) => {
  for (const count of [2, 3, 9]) {
    const path = join(folder, 'short.mp4');
    const frameRate = { numerator, denominator };
    const writer = await openVideoWriter(path, { width: 32, height: 32, frameRate, format: 'mp4', encoder: 'wasm' });
    for (let index = 0; index < count; index++) await writer.addFrame(testFrame(32, 32, index), index);
    await writer.finish();
    const sounding = join(folder, 'sounding.mp4');
    await writeWithSound(path, sounding, { source: waveformSource({ sampleRate: 48_000, channels: [new Float32Array(480)] }) });
    for (const file of [path, sounding]) {
      const reader = await openVideo(file);
      await reader.close();
      expect(reader).toMatchObject({ frameRate, frameCount: count });
    }
  }
});

const pillowSchema = z.object({
  decoded: z.array(z.object({ file: z.string(), width: z.number(), height: z.number(), rgba: z.string() })),
  resized: z.array(
    z.object({
      filter: z.enum(['bilinear', 'bicubic', 'lanczos']),
      width: z.number(),
      height: z.number(),
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
      rgb: z.string(),
    }),
  ),
});
const pillow = pillowSchema.parse(JSON.parse(await readFile(fixture('pillow.json'), 'utf8')));

describe('images', () => {
  it.each(pillow.decoded)('$file is what Pillow decodes', async ({ file, width, height, rgba }) => {
    const image = await readImage(fixture(file));
    expect({ width: image.width, height: image.height, rgba: md5(image.rgba) }).toEqual({ width, height, rgba });
    const bytes = await readFile(fixture(file));
    expect(md5((await readImage(new Uint8Array(bytes))).rgba)).toBe(rgba);
    expect(md5((await readImage(new Blob([bytes]))).rgba)).toBe(rgba);
  });

  it('an image is a clip of one frame', async () => {
    const { frames, frameRate } = await readFrames(fixture('turned.jpg'));
    expect([frames.length, frameRate]).toEqual([1, null]);
  });

  it.each(pillow.resized)('$filter to $width x $height of $box is what Pillow makes', async ({ filter, width, height, box, rgb }) => {
    const { rgba, ...size } = await readImage(fixture('plain.png'));
    const [left, top, right, bottom] = box ?? [0, 0, size.width, size.height];
    expect(md5(resampleImage(rgbaToRgb(rgba), size, 3, { width, height }, filter, { left, top, right, bottom }))).toBe(rgb);
  });

  it('a clip is no image', async () => {
    await expect(readImage(fixture('vp9.webm'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(readImage(join(folder, 'missing.png'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('fitFrames', () => {
  it('cuts the middle and never stretches', () => {
    expect(centreCrop({ width: 200, height: 100 }, { width: 50, height: 50 })).toEqual({ left: 50, top: 0, right: 150, bottom: 100 });
    expect(centreCrop({ width: 100, height: 200 }, { width: 64, height: 32 })).toEqual({ left: 0, top: 75, right: 100, bottom: 125 });
  });

  it('gives [3, F, H, W] in -1..1, the same from memory as from a reader', async () => {
    const frames = [0, 1, 2, 3].map((index) => testFrame(64, 48, index));
    const clip = { width: 64, height: 48, frameRate: null, frames };
    const same = await fitFrames(clip, { width: 64, height: 48, frames: { start: 1, end: 3 } });
    expect(same).toMatchObject({ frames: 2, height: 48, width: 64 });
    for (const [channel, frame, pixel] of [
      [0, 0, 5],
      [1, 1, 3000],
      [2, 1, 64 * 48 - 1],
    ]) {
      expect(same.data[(channel * 2 + frame) * 64 * 48 + pixel]).toBeCloseTo(frames[1 + frame][pixel * 4 + channel] / 127.5 - 1, 6);
    }
    const path = join(folder, 'fit.png');
    const writer = await openVideoWriter(path, { width: 64, height: 48, frameRate: { numerator: 8, denominator: 1 }, format: 'png' });
    for (const [index, frame] of frames.entries()) await writer.addFrame(frame, index);
    await writer.finish();
    const reader = await openVideo(path);
    const options = { width: 20, height: 30, frames: { start: 1 } };
    expect(await fitFrames(reader, options)).toEqual(await fitFrames(clip, options));
    await reader.close();
    const image = { width: 64, height: 48, rgba: frames[2] };
    const stretched = await fitImage(image, { width: 32, height: 32, fit: 'stretch', filter: 'bilinear' });
    expect(stretched.data).toHaveLength(3 * 32 * 32);
    expect(Math.max(...stretched.data)).toBeLessThanOrEqual(1);
    await expect(fitFrames(clip, { width: 0, height: 3 })).rejects.toMatchObject({ code: 'bad-usage' });
  });
});

describe('hostile files', () => {
  const NAMES = [...CLIPS.map(([name]) => name), 'baseline.jpg', 'lossy.webp', 'plain.png'];

  it.each(NAMES)('%s cut short is refused or gives frames, and never hangs', async (name) => {
    const whole = await readFile(fixture(name));
    for (const share of [0, 0.01, 0.2, 0.5, 0.8, 0.97]) {
      const outcome = await readAll(whole.subarray(0, Math.floor(whole.length * share)));
      expect(['frames', 'bad-input', 'codec-unavailable']).toContain(outcome);
      // A fragmented file may well begin with whole frames.
      if (share <= 0.2 && name !== 'fragmented.mp4') expect(outcome).not.toBe('frames');
    }
  });

  it.each(NAMES)('%s with changed bytes is refused with a typed error or gives frames', async (name) => {
    const whole = await readFile(fixture(name));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          expect(['frames', 'bad-input', 'codec-unavailable']).toContain(await readAll(bytes));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('a WebM whose blocks or index lead nowhere is refused before the demuxer searches for what is not there', async () => {
    const whole = await readFile(fixture('vp9.webm'));
    const cluster = whole.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
    const block = whole.lastIndexOf(0xa3);
    expect(cluster).toBeGreaterThan(0);
    expect(block).toBeGreaterThan(cluster);
    for (const [at, value] of [
      [block, 0x00],
      [block + 1, 0x10],
    ]) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = value;
      await expect(openVideo(new Blob([bytes])), `byte ${at}`).rejects.toThrow(/damaged/);
    }
  });

  it('a table that announces thousands of millions of samples is refused before it is made', async () => {
    for (const [name, table, at] of [
      ['h264-full-range.mp4', 'stts', 12],
      ['h264-bframes.mp4', 'ctts', 12],
      ['h264-bframes.mp4', 'stsz', 12],
      ['h264-bframes.mp4', 'stsc', 16],
      ['fragmented.mp4', 'trun', 8],
    ] as const) {
      const bytes = Uint8Array.from(await readFile(fixture(name)));
      const place = Buffer.from(bytes).indexOf(table);
      expect(place).toBeGreaterThan(0);
      bytes.set([0xf0, 0, 0, 0], place + at);
      await expect(openVideo(new Blob([bytes])), `${table} of ${name}`).rejects.toThrow(/cannot hold/);
    }
  });

  it('a chunk of thousands of millions of samples is refused before the demuxer goes through it', async () => {
    // Found by the test of changed bytes: its demuxer went through the chunk once for every sample.
    const bytes = Uint8Array.from(await readFile(fixture('h264-bframes.mp4')));
    for (const [at, value] of [
      [2702, 34],
      [5058, 73],
      [5143, 194],
      [2525, 40],
    ])
      bytes[at] = value;
    await expect(openVideo(new Blob([bytes]))).rejects.toThrow(/cannot hold/);
  });

  it('what is no media file is refused', async () => {
    await writeFile(join(folder, 'text.mp4'), 'hello world, this is no video');
    await expect(openVideo(join(folder, 'text.mp4'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(openVideo(join(folder, 'missing.mp4'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(openVideo(new Blob([]))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('an image that claims a huge picture is refused before it is made', async () => {
    const jpeg = Uint8Array.from(await readFile(fixture('baseline.jpg')));
    // Height and width follow the length and the depth of the frame header (SOF0).
    const frame = jpeg.findIndex((byte, at) => byte === 0xff && jpeg[at + 1] === 0xc0);
    jpeg.set([0xff, 0xdc, 0xff, 0xdc], frame + 5);
    await expect(readImage(jpeg)).rejects.toMatchObject({ code: 'bad-input' });
    const png = Uint8Array.from(await readFile(fixture('plain.png')));
    png.set([0, 0, 0xff, 0xdc, 0, 0, 0xff, 0xdc], 16);
    await expect(readImage(png)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('a GIF and a Y4M that claim a huge picture are refused before it is made', async () => {
    const gif = Uint8Array.from(await readFile(fixture('colors.gif')));
    gif.set([0xff, 0xff, 0xff, 0xff], 6);
    await expect(openVideo(new Blob([gif]))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(openVideo(new Blob(['YUV4MPEG2 W16384 H16384 F25:1\nFRAME\n']))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

/** `frames`, or the code of the error. What is not a typed error fails the test. */
async function readAll(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const reader = await openVideo(new Blob([bytes]));
    try {
      for await (const picture of reader.pictures()) picture.rgba();
    } finally {
      await reader.close();
    }
    return 'frames';
  } catch (error) {
    if (error instanceof AiprodError) return error.code;
    throw error;
  }
}
