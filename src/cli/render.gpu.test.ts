import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testAdapter } from '../gpu/testing';
import { encodeWav } from '../media';
import { openVideoWriter, readFrames, readSound } from '../media/node';
import { sha256 } from '../numeric/sha256';
import { clipSchema, emptyProject, writeProject, type Clip, type MediaItem } from '../project';
import { runAiprod, type Ended } from './testing/run-script';

/** `aiprod render` as a person runs it, on projects with real files. */

const size = { width: 96, height: 64 };
const rate = { numerator: 24_000, denominator: 1001 };
const frames = 40;
let folder = '';
let media: MediaItem[] = [];

/** A frame that tells its number by its grey, and where it is by a white half. */
function numbered(index: number): Uint8Array {
  const rgba = new Uint8Array(size.width * size.height * 4);
  for (let at = 0; at < size.width * size.height; at++)
    rgba.set([...Array<number>(3).fill(at % size.width < 48 ? 20 + index * 4 : 255), 255], at * 4);
  return rgba;
}

async function item(id: string, path: string, more: Partial<MediaItem> & Pick<MediaItem, 'kind'>): Promise<MediaItem> {
  const bytes = new Uint8Array(readFileSync(join(folder, path)));
  return { id, name: path, path, fingerprint: `sha256:${await sha256(bytes)}`, bytes: bytes.length, ...more };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-render-'));
  const writer = await openVideoWriter(join(folder, 'count.y4m'), { ...size, format: 'y4m', frameRate: rate });
  for (let index = 0; index < frames; index++) await writer.addFrame(numbered(index), index);
  await writer.finish();
  const tone = Float32Array.from({ length: 96_000 }, (_, at) => 0.5 * Math.sin((2 * Math.PI * 440 * at) / 48_000));
  writeFileSync(join(folder, 'tone.wav'), encodeWav({ sampleRate: 48_000, channels: [tone] }));
  const inverse = Array.from({ length: 8 }, (_, at) => [1 - (at & 1), 1 - ((at >> 1) & 1), 1 - (at >> 2)].join(' '));
  writeFileSync(join(folder, 'negative.cube'), ['LUT_3D_SIZE 2', ...inverse].join('\n'));
  media = [
    await item('count', 'count.y4m', { kind: 'video', ...size, frames, rate }),
    await item('tone', 'tone.wav', { kind: 'audio' }),
    await item('negative', 'negative.cube', { kind: 'lut' }),
  ];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function saveProject(name: string, pictures: readonly object[], sounds: readonly object[] = [], of: readonly MediaItem[] = media): void {
  const project = emptyProject('p', 'Test', { ...size, rate });
  const clips = (all: readonly object[]): Clip[] =>
    all.map((clip, at) => clipSchema.parse({ id: `c${at}`, ...('kind' in clip ? {} : { kind: 'picture', media: 'count' }), ...clip }));
  const [first, second] = project.sequence.tracks;
  if (first.kind !== 'video' || second.kind !== 'audio') throw new Error('other tracks than expected');
  const tracks = [
    { ...first, clips: clips(pictures).flatMap((clip) => (clip.kind === 'sound' ? [] : [clip])) },
    { ...second, clips: clips(sounds).flatMap((clip) => (clip.kind === 'sound' ? [clip] : [])) },
  ];
  writeFileSync(join(folder, name), writeProject({ ...project, media: [...of], sequence: { ...project.sequence, tracks } }));
}

const aiprod = (args: readonly string[], onStderr?: (text: string, interrupt: () => void) => void): Promise<Ended> =>
  runAiprod(args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() }, onStderr });

const traceSchema = z.object({ traceEvents: z.array(z.object({ name: z.string(), dur: z.number().nonnegative() })) });

const grey = (frame: Uint8Array, x: number, y = 32): number => frame[(y * size.width + x) * 4];

describe('aiprod render', () => {
  it('writes each frame exactly: cuts, speed, backwards, effects, a table, a title', async () => {
    saveProject('cut.json', [
      { start: 0, duration: 10, sourceStart: { numerator: 5 * 1001, denominator: 24_000 } },
      { start: 10, duration: 5, speed: { numerator: -2, denominator: 1 }, sourceStart: { numerator: 30 * 1001, denominator: 24_000 } },
      { start: 15, duration: 5, effects: [{ id: 'n', type: 'lut', lut: 'negative' }] },
      { start: 22, duration: 1, kind: 'title', title: { text: 'H', size: 0.5, color: '#ffffff' } },
      { start: 23, duration: 1, kind: 'title', title: { text: 'ก', size: 0.1 } },
    ]);
    const ended = await aiprod(['render', 'cut.json', '--out', 'cut.y4m', '--json', '--progress', 'none', '--trace', 'cut.trace.json']);
    expect(ended.code, ended.stderr).toBe(0);
    const { traceEvents } = traceSchema.parse(JSON.parse(readFileSync(join(folder, 'cut.trace.json'), 'utf8')));
    expect(new Set(traceEvents.map(({ name }) => name))).toEqual(new Set(['image/over']));
    expect(
      z
        .object({ frames: z.number(), frameRate: z.string(), missing: z.array(z.string()), boxes: z.array(z.string()) })
        .parse(JSON.parse(ended.stdout)),
    ).toEqual({
      ...{ frames: 24, frameRate: '24000/1001', missing: [], boxes: ['ก'] },
    });
    const written = await readFrames(join(folder, 'cut.y4m'));
    expect(written.frameRate).toEqual(rate);
    const left = written.frames.map((frame) => grey(frame, 10));
    const of = (index: number): number => 20 + index * 4;
    const expected = [
      ...Array.from({ length: 10 }, (_, k) => of(5 + k)),
      // Backwards at twice the speed, from the end of frame 29.
      ...[29, 27, 25, 23, 21].map(of),
      ...[0, 1, 2, 3, 4].map((index) => 255 - of(index)),
      ...[0, 0, 0, 0],
    ];
    // Y4M holds limited range: two steps of rounding there and back.
    expect(Math.max(...left.map((value, at) => Math.abs(value - expected[at])))).toBeLessThanOrEqual(2);
    // The gap is the background; the bar of the H lies in the middle of the frame.
    expect([grey(written.frames[20], 48), grey(written.frames[22], 48)]).toEqual([0, 255]);
  });

  it('writes a part of it at another size, with its sound', async () => {
    saveProject(
      'sound.json',
      [{ start: 0, duration: 40, transform: { scale: 0.5 } }],
      [{ kind: 'sound', media: 'tone', start: 24, duration: 16, gain: -6 }],
    );
    const ended = await aiprod(['render', 'sound.json', '--out', 'part.mp4', '--from', '12', '--to', '36', '--width', '192']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/part\.mp4 {2}192x128, 24 frames at 24000\/1001/);
    const written = await readFrames(join(folder, 'part.mp4'));
    expect([written.width, written.height, written.frames.length, written.frameRate]).toEqual([192, 128, 24, rate]);
    const [first] = written.frames;
    const at = (x: number, y: number): number => first[(y * 192 + x) * 4];
    // Half as large, in the middle: black around it, frame 12 on its left.
    expect(at(20, 64)).toBeLessThan(8);
    expect(Math.abs(at(70, 64) - (20 + 12 * 4))).toBeLessThan(8);
    const sound = await readSound(join(folder, 'part.mp4'));
    const loudness = (from: number, to: number): number => {
      const part = sound?.channels[0].subarray(from * 48_000, to * 48_000) ?? new Float32Array(1);
      return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
    };
    // Half a second of silence; then half of half a sine.
    expect(loudness(0, 0.45)).toBeLessThan(0.002);
    expect(loudness(0.55, 0.95)).toBeCloseTo((0.5 * 10 ** (-6 / 20)) / Math.SQRT2, 2);
  });

  it('names every file that is missing, and draws them black when it may', async () => {
    const gone = [
      { ...media[0], id: 'gone', path: 'gone.y4m' },
      { ...media[0], id: 'other', path: 'tone.wav' },
    ];
    saveProject(
      'gone.json',
      [
        { start: 0, duration: 1, media: 'gone' },
        { start: 1, duration: 1, media: 'other' },
        { start: 2, duration: 1 },
      ],
      [],
      [...media, ...gone],
    );
    const refused = await aiprod(['render', 'gone.json', '--out', 'gone.y4m.png']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /2 files of the project cannot be found \(found gone\.y4m, tone\.wav \(there is one with another content\)\)/,
    );
    const drawn = await aiprod(['render', 'gone.json', '--out', 'gone.gif', '--allow-missing', '--json']);
    expect(drawn.code, drawn.stderr).toBe(0);
    expect(JSON.parse(drawn.stdout)).toMatchObject({ missing: ['count.y4m', 'count.y4m'] });
    const written = await readFrames(join(folder, 'gone.gif'));
    expect(written.frames.map((frame) => grey(frame, 80) > 200)).toEqual([false, false, true]);
  });

  it('stops at Ctrl-C and leaves nothing behind, and refuses ranges that are none', async () => {
    saveProject('long.json', [{ start: 0, duration: 4000, transform: { rotation: 3 }, effects: [{ id: 'b', type: 'blur' }] }]);
    let stopped = false;
    const ended = await aiprod(['render', 'long.json', '--out', 'long.mp4', '--progress', 'json'], (text, interrupt) => {
      if (stopped || !text.includes('"step":2,')) return;
      stopped = true;
      interrupt();
    });
    expect(ended.code, ended.stderr).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('long.mp4'))).toEqual([]);
    const wrong = await aiprod(['render', 'long.json', '--out', 'x.gif', '--from', '5000']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--from and --to within 0 to 4000');
  });
});
