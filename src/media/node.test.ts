import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { secondsOfFrame } from './frame-rate';
import {
  availableFormats,
  checkWritable,
  describeFormats,
  openVideoWriter,
  readFrames,
  readRecipeFile,
  type NodeVideoWriterOptions,
} from './node';
import { frameNumber, meanDifference, TEST_RECIPE, testFrame } from './test-clip';
import { demux } from './test-demux';
import { rgbaToYuv, yuvToRgba } from './yuv';

// Encoders are slow where the processor is shared.
vi.setConfig({ testTimeout: 60_000 });

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-media-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const RATES = [
  [8, 1],
  [24, 1],
  [25, 1],
  [30000, 1001],
  [60, 1],
] as const;

const clip = (options: Partial<NodeVideoWriterOptions> & Pick<NodeVideoWriterOptions, 'format'>): NodeVideoWriterOptions => ({
  width: 64,
  height: 48,
  frameRate: { numerator: 24, denominator: 1 },
  encoder: 'wasm',
  recipe: TEST_RECIPE,
  ...options,
});

async function write(path: string, options: NodeVideoWriterOptions, frames: number): Promise<void> {
  const writer = await openVideoWriter(path, options);
  for (let index = 0; index < frames; index++) await writer.addFrame(testFrame(options.width, options.height, index), index);
  await writer.finish();
}

describe('MP4 by WebAssembly', () => {
  it.each(RATES)('places every frame exactly at %i/%i', async (numerator, denominator) => {
    const frameRate = { numerator, denominator };
    const path = join(folder, 'clip.mp4');
    await write(path, clip({ format: 'mp4', frameRate }), 61);
    const track = await demux(await readFile(path));
    expect(track).toMatchObject({ width: 64, height: 48, keyFrames: Math.ceil(61 / Math.round(numerator / denominator)) });
    expect(track.codec).toMatch(/^avc1\.42/);
    expect(track.times).toEqual(Array.from({ length: 61 }, (_, index) => secondsOfFrame(index, frameRate)));
    for (const duration of track.durations) expect(duration).toBeCloseTo(secondsOfFrame(1, frameRate), 12);
    expect(track.duration).toBeCloseTo(secondsOfFrame(61, frameRate), 12);
    expect(track.colorSpace).toMatchObject({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false });
    expect(await readRecipeFile(path)).toEqual(TEST_RECIPE);
    expect(await readdir(folder)).toEqual(['clip.mp4']);
  });

  it('does not drift over 1500 NTSC frames', async () => {
    const frameRate = { numerator: 30000, denominator: 1001 };
    const path = join(folder, 'clip.mp4');
    await write(path, clip({ format: 'mp4', frameRate, width: 16, height: 16 }), 1500);
    const track = await demux(await readFile(path));
    expect(track.times[1499]).toBe((1499 * 1001) / 30000);
    expect(track.duration).toBeCloseTo(50.05, 10);
  });

  it('writes one frame, sizes that are no multiple of 16, and two clips at once', async () => {
    await Promise.all([
      write(join(folder, 'a.mp4'), clip({ format: 'mp4', width: 50, height: 34 }), 1),
      write(join(folder, 'b.mp4'), clip({ format: 'mp4', width: 34, height: 50 }), 3),
    ]);
    expect(await demux(await readFile(join(folder, 'a.mp4')))).toMatchObject({ width: 50, height: 34, times: [0], duration: 1 / 24 });
    expect((await demux(await readFile(join(folder, 'b.mp4')))).times).toEqual([0, 1 / 24, 2 / 24]);
  });

  it('leaves the listeners of the process alone', async () => {
    const before = [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
    await write(join(folder, 'clip.mp4'), clip({ format: 'mp4' }), 1);
    expect([process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')]).toEqual(before);
  });

  it('writes larger files for better quality', async () => {
    const sizes: number[] = [];
    for (const quality of ['low', 'medium', 'high', 'very-high'] as const) {
      await write(join(folder, 'clip.mp4'), clip({ format: 'mp4', quality }), 5);
      sizes.push((await readFile(join(folder, 'clip.mp4'))).length);
    }
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });
});

describe('formats that lose nothing', () => {
  it('PNG frames come back bit for bit, with the recipe in each', async () => {
    const path = join(folder, 'clip.png');
    await write(path, clip({ format: 'png', width: 33, height: 17 }), 3);
    expect(await readdir(path)).toEqual(['frame-00000.png', 'frame-00001.png', 'frame-00002.png']);
    const { frames, ...shape } = await readFrames(path);
    expect(shape).toEqual({ width: 33, height: 17, frameRate: null });
    expect(frames).toEqual([0, 1, 2].map((index) => testFrame(33, 17, index)));
    expect(await readRecipeFile(path)).toEqual(TEST_RECIPE);
    expect(await readRecipeFile(join(path, 'frame-00002.png'))).toEqual(TEST_RECIPE);
  });

  it('PNG ignores alpha', async () => {
    const writer = await openVideoWriter(join(folder, 'clip.png'), clip({ format: 'png', width: 2, height: 1 }));
    await writer.addFrame(Uint8ClampedArray.of(9, 8, 7, 0, 6, 5, 4, 99), 0);
    await writer.finish();
    expect([...((await readFrames(join(folder, 'clip.png'))).frames[0] ?? [])]).toEqual([9, 8, 7, 255, 6, 5, 4, 255]);
  });

  it.each(['444', '420'] as const)('Y4M 4:%s holds exactly the planes', async (chroma) => {
    const path = join(folder, 'clip.y4m');
    const frameRate = { numerator: 30000, denominator: 1001 };
    await write(path, clip({ format: 'y4m', width: 33, height: 17, chroma, frameRate }), 3);
    const expected = [0, 1, 2].map((index) =>
      yuvToRgba(rgbaToYuv(testFrame(33, 17, index), 33, 17, 'bt601', chroma), 33, 17, 'bt601', chroma),
    );
    expect(await readFrames(path)).toEqual({ width: 33, height: 17, frameRate, frames: expected });
  });
});

it('GIF holds the recipe', async () => {
  const path = join(folder, 'clip.gif');
  await write(path, clip({ format: 'gif', width: 33, height: 17 }), 3);
  expect(await readRecipeFile(path)).toEqual(TEST_RECIPE);
});

describe('safe output', () => {
  it('replaces a file only at the end', async () => {
    const path = join(folder, 'clip.y4m');
    await writeFile(path, 'old');
    const writer = await openVideoWriter(path, clip({ format: 'y4m' }));
    await writer.addFrame(testFrame(64, 48, 0), 0);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['clip.y4m', `clip.y4m.partial-${process.pid}`]);
    await writer.finish();
    expect((await readFile(path)).subarray(0, 9).toString()).toBe('YUV4MPEG2');
    expect(await readdir(folder)).toEqual(['clip.y4m']);
  });

  it.each(['mp4', 'gif', 'png', 'y4m'] as const)('%s leaves nothing behind on abort and on an error', async (format) => {
    const path = join(folder, `clip.${format}`);
    const aborted = await openVideoWriter(path, clip({ format }));
    await aborted.addFrame(testFrame(64, 48, 0), 0);
    await aborted.abort();
    await aborted.abort();
    await expect(aborted.addFrame(testFrame(64, 48, 1), 1)).rejects.toMatchObject({ code: 'internal' });
    const failed = await openVideoWriter(path, clip({ format }));
    await failed.addFrame(testFrame(64, 48, 0), 0);
    await expect(failed.addFrame(new Uint8Array(5), 1)).rejects.toMatchObject({ code: 'shape-mismatch' });
    await expect(failed.finish()).rejects.toMatchObject({ code: 'shape-mismatch' });
    const empty = await openVideoWriter(path, clip({ format }));
    await expect(empty.finish()).rejects.toMatchObject({ code: 'bad-input' });
    const skipping = await openVideoWriter(path, clip({ format }));
    await expect(skipping.addFrame(testFrame(64, 48, 1), 1)).rejects.toThrow(/expected frame 0; found frame 1/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps calls in order when nobody waits', async () => {
    const path = join(folder, 'clip.png');
    const writer = await openVideoWriter(path, clip({ format: 'png' }));
    await Promise.all([0, 1, 2, 3].map((index) => writer.addFrame(testFrame(64, 48, index), index)).concat(writer.finish()));
    expect((await readFrames(path)).frames.map((frame) => frameNumber(frame, 64))).toEqual([0, 1, 2, 3]);
  });

  it('keeps the other files of a folder of frames, and no stale frame', async () => {
    const path = join(folder, 'frames');
    await write(path, clip({ format: 'png' }), 5);
    await writeFile(join(path, 'notes.txt'), 'mine');
    await write(path, clip({ format: 'png' }), 2);
    expect(await readdir(path)).toEqual(['frame-00000.png', 'frame-00001.png', 'notes.txt']);
    expect(await readdir(folder)).toEqual(['frames']);
  });

  it.each(['mp4', 'webm', 'gif', 'png', 'y4m'] as const)('%s: an unwritable place is refused before the work', async (format) => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'taken.mp4'));
    await expect(checkWritable(join(folder, 'missing', `clip.${format}`), format)).rejects.toMatchObject({ code: 'unwritable-output' });
    await expect(checkWritable(join(folder, 'file', `clip.${format}`), format)).rejects.toMatchObject({ code: 'unwritable-output' });
    await expect(checkWritable(join(folder, format === 'png' ? 'file' : 'taken.mp4'), format)).rejects.toMatchObject({
      code: 'unwritable-output',
    });
    await checkWritable(join(folder, `fine.${format}`), format);
    expect((await readdir(folder)).toSorted()).toEqual(['file', 'taken.mp4']);
  });

  it('a folder without permission is refused', async (context) => {
    if (process.getuid?.() === 0) context.skip('needs an ordinary user: the superuser may write everywhere');
    await chmod(folder, 0o555);
    await expect(checkWritable(join(folder, 'clip.mp4'), 'mp4')).rejects.toMatchObject({ code: 'unwritable-output' });
    await chmod(folder, 0o755);
  });
});

describe('what cannot be', () => {
  it('an odd size names the nearest that works', async () => {
    await expect(openVideoWriter(join(folder, 'clip.mp4'), clip({ format: 'mp4', width: 65, height: 49 }))).rejects.toThrow(/Use 64x48/);
  });

  it.each([
    ['no width', { width: 0 }, 'bad-input'],
    ['a huge height', { height: 20000 }, 'bad-input'],
    ['half a pixel', { width: 64.5 }, 'bad-input'],
    ['no frame rate', { frameRate: { numerator: 0, denominator: 1 } }, 'bad-input'],
    ['a recipe of more than 1 MiB', { recipe: 'x'.repeat(1 << 20) }, 'bad-input'],
    ['H.264 in webm', { codec: 'h264', format: 'webm' }, 'bad-usage'],
    ['H.264 in gif', { codec: 'h264', format: 'gif' }, 'bad-usage'],
    ['VP9 without ffmpeg', { codec: 'vp9' }, 'codec-unavailable'],
    ['webm without ffmpeg', { format: 'webm' }, 'codec-unavailable'],
  ] as const)('%s is refused before the work', async (_, options, code) => {
    await expect(openVideoWriter(join(folder, 'clip.mp4'), clip({ format: 'mp4', ...options }))).rejects.toMatchObject({ code });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('availableFormats', () => {
  it('says what works without ffmpeg', () => {
    const reports = describeFormats(null);
    expect(reports.map(({ format, available }) => [format, available])).toEqual([
      ['mp4', true],
      ['webm', false],
      ['gif', true],
      ['png', true],
      ['y4m', true],
    ]);
    expect(reports[0]?.codecs).toEqual(['h264']);
    expect(reports[1]?.note).toMatch(/ffmpeg/);
  });

  it('prefers the encoders of ffmpeg', () => {
    const [mp4, webm] = describeFormats({ version: '5.1', encoders: { h264: 'libx264', vp9: 'libvpx-vp9' } });
    expect(mp4).toMatchObject({ codecs: ['h264', 'vp9'], encoder: 'ffmpeg 5.1 (libx264, libvpx-vp9)' });
    expect(webm).toMatchObject({ available: true, codecs: ['vp9'] });
    expect(describeFormats({ version: '5.1', encoders: { vp9: 'libvpx-vp9' } })[0]?.codecs).toEqual(['h264', 'vp9']);
  });

  it('is true of this machine', async () => {
    for (const { format, available, codecs } of await availableFormats()) {
      for (const codec of codecs.length > 0 ? codecs : [undefined]) {
        const attempt = write(
          join(folder, `clip-${codec ?? ''}.${format}`),
          clip({ format, width: 128, height: 96, encoder: 'auto', ...(codec === undefined ? {} : { codec }) }),
          2,
        );
        await (available ? attempt : expect(attempt).rejects.toMatchObject({ code: 'codec-unavailable' }));
      }
    }
  });
});

describe('a system ffmpeg', () => {
  it.for([
    ['mp4', 'h264', 3],
    ['mp4', 'vp9', 3],
    ['webm', 'vp9', 3],
    ['mp4', 'av1', 3],
    ['webm', 'av1', 3],
  ] as const)('writes %s with %s, frame-exact and close', { timeout: 60_000 }, async ([format, codec, bound], context) => {
    const report = (await availableFormats()).find((candidate) => candidate.format === format);
    if (report?.encoder?.includes('ffmpeg') !== true || !report.codecs.includes(codec))
      context.skip(`needs a system ffmpeg that encodes ${codec}`);
    const path = join(folder, `clip.${format}`);
    for (const [numerator, denominator] of RATES) {
      const frameRate = { numerator, denominator };
      await write(path, clip({ format, codec, frameRate, width: 128, height: 96, encoder: 'ffmpeg' }), 31);
      const track = await demux(await readFile(path));
      expect(track.times).toHaveLength(31);
      // WebM counts milliseconds.
      const tolerance = format === 'webm' ? 0.0005 + 1e-9 : 1e-12;
      track.times.forEach((time, index) => expect(Math.abs(time - secondsOfFrame(index, frameRate))).toBeLessThanOrEqual(tolerance));
      expect(Math.abs(track.duration - secondsOfFrame(31, frameRate))).toBeLessThanOrEqual(format === 'webm' ? 0.002 : 1e-9);
      expect(await readRecipeFile(path)).toEqual(TEST_RECIPE);
      const decoded = await readFrames(path);
      expect(decoded).toMatchObject({ width: 128, height: 96, frameRate });
      expect(decoded.frames.map((frame) => frameNumber(frame, 128))).toEqual(Array.from({ length: 31 }, (_, index) => index));
      decoded.frames.forEach((frame, index) => expect(meanDifference(frame, testFrame(128, 96, index))).toBeLessThan(bound));
    }
    expect(await readdir(folder)).toEqual([`clip.${format}`]);
  });

  it('decodes what WebAssembly, GIF and Y4M writers make', async (context) => {
    if ((await availableFormats())[0]?.encoder?.includes('ffmpeg') !== true) context.skip('needs a system ffmpeg');
    for (const [format, bound] of [
      ['mp4', 4],
      ['gif', 3],
    ] as const) {
      const path = join(folder, `clip.${format}`);
      await write(path, clip({ format, width: 130, height: 98 }), 12);
      const { frames } = await decodeAnything(path, 130, 98);
      expect(frames.map((frame) => frameNumber(frame, 130))).toEqual(Array.from({ length: 12 }, (_, index) => index));
      frames.forEach((frame, index) => expect(meanDifference(frame, testFrame(130, 98, index))).toBeLessThan(bound));
    }
    for (const chroma of ['444', '420'] as const) {
      const path = join(folder, 'clip.y4m');
      await write(path, clip({ format: 'y4m', width: 130, height: 98, chroma }), 3);
      const { frames } = await decodeAnything(path, 130, 98);
      frames.forEach((frame, index) => expect(meanDifference(frame, testFrame(130, 98, index))).toBeLessThan(2));
    }
  });

  it('leaves nothing behind on abort', async (context) => {
    if ((await availableFormats())[0]?.encoder?.includes('ffmpeg') !== true) context.skip('needs a system ffmpeg');
    const writer = await openVideoWriter(join(folder, 'clip.mp4'), clip({ format: 'mp4', encoder: 'ffmpeg' }));
    await writer.addFrame(testFrame(64, 48, 0), 0);
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
  });
});

async function decodeAnything(path: string, width: number, height: number): Promise<{ frames: Uint8Array[] }> {
  const { runFfmpeg } = await import('./ffmpeg');
  const pixels = await runFfmpeg([
    '-loglevel',
    'error',
    '-i',
    path,
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgba',
    'pipe:1',
  ]);
  const size = width * height * 4;
  return {
    frames: Array.from({ length: pixels.length / size }, (_, index) => new Uint8Array(pixels.subarray(index * size, (index + 1) * size))),
  };
}
