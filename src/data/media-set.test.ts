import { expect, test } from 'vitest';
import type { Picture, VideoReader } from '../media';
import { memorySource } from '../weights';
import { checkBuckets, detectScenes, nearestBucket, parseBuckets, readDescription, readMediaFolder, viewClip, type DataSource } from '.';

/** Files in memory. */
function memoryFiles(files: Readonly<Record<string, string>>): DataSource {
  const bytes = (path: string): Uint8Array => new TextEncoder().encode(files[path]);
  return {
    name: 'memory',
    list: async (folder) =>
      Object.keys(files)
        .sort()
        .filter((path) => path.startsWith(folder))
        .map((path) => ({ path, size: bytes(path).length })),
    stat: async (path) => (path in files ? { path, size: bytes(path).length } : undefined),
    open: async (path) => memorySource(bytes(path), path),
  };
}

test('descriptions: one reading of CSV, JSON and JSONL, with older names of columns; rows that cannot be used are named', async () => {
  const source = memoryFiles({
    'set/a.csv':
      '\ufeffcaption,media_path,reference_video,notes\n"A cat, ""Tom"",\nplays",videos/cat.mp4,depth/cat.mp4,x\nNo clip,,,\nOut,../x.mp4,,\nAgain,videos/cat.webm,,\n',
    'set/a.json': JSON.stringify([{ video: 'cat.mp4', caption: 'A cat', video_mask: 'm.png' }, { audio: 'song.wav' }, 5, { video: 3 }]),
    'set/a.jsonl': '{"video":"./deep/cat.mp4"}\n\n{"video":\n{"video":"http://x/y.mp4"}\n',
    'set/none.jsonl': '{"text":"a"}\n',
    'set/a.json5': '',
  });
  const csv = await readDescription(source, 'set/a.csv');
  expect(csv.items).toEqual([
    {
      id: 'set/videos/cat',
      video: 'set/videos/cat.mp4',
      reference_video: 'set/depth/cat.mp4',
      caption: 'A cat, "Tom",\nplays',
    },
  ]);
  expect(csv.rejected.map(({ id }) => id)).toEqual(['set/a.csv, line 4', 'set/a.csv, line 5', 'set/a.csv, line 6']);
  expect(csv.rejected.map(({ reason }) => reason).join('\n')).toMatch(/no media[^]*media_path is no path[^]*\.\.\/x\.mp4[^]*same sample/);
  const json = await readDescription(source, 'set/a.json');
  expect(json.items).toEqual([
    { id: 'set/cat', video: 'set/cat.mp4', caption: 'A cat', video_mask: 'set/m.png' },
    { id: 'set/song', audio: 'set/song.wav' },
  ]);
  expect(json.rejected.map(({ id }) => id)).toEqual(['set/a.json, entry 3', 'set/a.json, entry 4']);
  const jsonl = await readDescription(source, 'set/a.jsonl');
  expect(jsonl.items).toEqual([{ id: 'set/deep/cat', video: 'set/deep/cat.mp4' }]);
  expect(jsonl.rejected.map(({ id }) => id)).toEqual(['set/a.jsonl, line 3', 'set/a.jsonl, line 4']);
  await expect(readDescription(source, 'set/none.jsonl')).rejects.toThrow(/no usable row.*names no media.*text/);
  await expect(readDescription(source, 'set/a.json5')).rejects.toThrow(/\.csv, \.json or \.jsonl/);
});

test('a folder of media: captions and sounds lie beside their clips', async () => {
  const source = memoryFiles({
    'm/a.mp4': '',
    'm/a.txt': ' red \n',
    'm/a.wav': '',
    'm/b/c.PNG': '',
    'm/a.webm': '',
    'm/s.mp3': '',
    'm/x.md': '',
  });
  const { items, rejected } = await readMediaFolder(source, 'm');
  expect(items).toEqual([
    { id: 'm/a', video: 'm/a.mp4', audio: 'm/a.wav', caption: 'red' },
    { id: 'm/b/c', video: 'm/b/c.PNG' },
    { id: 'm/s', audio: 'm/s.mp3' },
  ]);
  expect(rejected.map(({ id }) => id)).toEqual(['m/a.webm']);
  await expect(readMediaFolder(source, 'm/x')).rejects.toThrow(/no media/);
});

test('buckets: nearest in aspect, then most frames, then largest; none for what is too short', () => {
  const buckets = parseBuckets('960x544x49; 960x544x1;512x512x25;544x960x49;480x272x49');
  const of = (width: number, height: number, frames: number): string =>
    Object.values(nearestBucket({ width, height, frames }, buckets) ?? {}).join('x');
  expect(of(1920, 1080, 100)).toBe('960x544x49');
  expect(of(1920, 1080, 48)).toBe('960x544x1');
  expect(of(1080, 1920, 49)).toBe('544x960x49');
  // In logarithms 4:3 is 0.280 from 30:17 and 0.288 from 1:1.
  expect(of(1024, 768, 49)).toBe('960x544x49');
  expect(of(1000, 768, 49)).toBe('512x512x25');
  expect(of(1080, 1920, 8)).toBe('960x544x1');
  expect(nearestBucket({ width: 4, height: 4, frames: 8 }, buckets.slice(2))).toBeUndefined();
  expect(() => parseBuckets('960x544')).toThrow(/WIDTHxHEIGHTxFRAMES/);
  checkBuckets(buckets.slice(0, 1), 32, 8);
  expect(() => checkBuckets(parseBuckets('960x540x48'), 32, 8)).toThrow(/960x540x48.*Use 960x544x49/);
});

/** A clip whose frame n has the colour that `colour` says, with a square that moves. */
function madeClip(frameCount: number, colour: (frame: number) => readonly [number, number, number], side = 48): VideoReader {
  return {
    width: side,
    height: side,
    frameRate: { numerator: 24, denominator: 1 },
    frameCount,
    description: 'made',
    async *pictures({ start = 0, end = frameCount } = {}): AsyncGenerator<Picture, void, undefined> {
      for (let frame = start; frame < end; frame++) {
        const rgba = new Uint8Array(side * side * 4).fill(255);
        for (let pixel = 0; pixel < side * side; pixel++) {
          const inSquare = Math.abs((pixel % side) - ((frame * 2) % side)) < 6 && Math.abs(Math.floor(pixel / side) - 20) < 6;
          rgba.set(inSquare ? [250, 250, 250] : colour(frame), pixel * 4);
        }
        yield { width: side, height: side, planes: null, rgba: () => rgba };
      }
    },
    close: async () => undefined,
  };
}

test('scenes: cuts of a made clip are found where they are; motion, fades and flashes are none', async () => {
  const cut = (frame: number): readonly [number, number, number] =>
    frame < 30 ? [200, 30, 30] : frame < 71 ? [30, 30, 200] : [20, 160, 40];
  expect(await detectScenes(madeClip(100, cut))).toEqual([
    { start: 0, end: 30 },
    { start: 30, end: 71 },
    { start: 71, end: 100 },
  ]);
  const fade = (frame: number): readonly [number, number, number] => [200 - frame * 2, 30 + frame, 30];
  expect(await detectScenes(madeClip(80, fade))).toEqual([{ start: 0, end: 80 }]);
  const flash = (frame: number): readonly [number, number, number] => (frame === 5 ? [255, 255, 255] : [90, 90, 90]);
  expect(await detectScenes(madeClip(40, flash))).toEqual([{ start: 0, end: 40 }]);
  expect(await detectScenes(madeClip(40, flash), { shortest: 1, threshold: 40 })).toEqual([
    { start: 0, end: 5 },
    { start: 5, end: 6 },
    { start: 6, end: 40 },
  ]);
});

test('a view of a clip is part of it, at another rate', async () => {
  const seen = async (clip: VideoReader, range = {}): Promise<number[]> => {
    const frames: number[] = [];
    for await (const picture of clip.pictures(range)) frames.push(picture.rgba()[4 * 47 + 1]);
    return frames;
  };
  const clip = madeClip(48, (frame) => [0, frame, 0]);
  const half = viewClip(clip, { start: 10, end: 21, frameRate: { numerator: 12, denominator: 1 } });
  expect(half.frameCount).toBe(6);
  expect(await seen(half)).toEqual([10, 12, 14, 16, 18, 20]);
  expect(await seen(half, { start: 2, end: 4 })).toEqual([14, 16]);
  const faster = viewClip(clip, { start: 0, end: 4, frameRate: { numerator: 60, denominator: 1 } });
  expect(await seen(faster)).toEqual([0, 0, 0, 1, 1, 2, 2, 2, 3, 3]);
  expect(await seen(viewClip(clip, { start: 3, end: 6 }))).toEqual([3, 4, 5]);
});
