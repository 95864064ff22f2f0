import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FrameRate, VideoCodec } from '../../src/media';
import type * as Checks from './testing/editor-checks';
import type {} from './testing/editor-checks-page';
import { openChecks } from './testing/checks-browser';

/**
 * The editor's worker in Chromium. Frame accuracy by the measurement that showed seeking a `<video>` to be wrong in a third of all cases:
 * 96 frames with their number drawn in pixels, visited in random order.
 */

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let page: Page;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ page, close } = await openChecks());
});
afterAll(async () => close?.());

const rates = {
  '16': { numerator: 16, denominator: 1 },
  '24': { numerator: 24, denominator: 1 },
  '25': { numerator: 25, denominator: 1 },
  '29.97': { numerator: 30_000, denominator: 1001 },
  '60': { numerator: 60, denominator: 1 },
} as const satisfies Record<string, FrameRate>;
const codecs: readonly VideoCodec[] = ['h264', 'vp9', 'av1'];
const frames = 96;
const one = { numerator: 1, denominator: 1 } as const;
const zero = { numerator: 0, denominator: 1 } as const;

/** Numbers 0 to `count - 1` in an order that is the same in every run (Fisher-Yates over a linear congruential generator). */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, k) => k);
  let state = seed;
  for (let k = count - 1; k > 0; k--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (k + 1);
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
}

const numbersShown = (...given: Parameters<typeof Checks.numbersShown>): Promise<number[][]> =>
  page.evaluate(async (all) => {
    if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
    return globalThis.editorChecks.numbersShown(...all);
  }, given);

describe('shows the frame that is asked for', () => {
  for (const codec of codecs) {
    for (const [name, rate] of Object.entries(rates)) {
      it(`of ${codec} at ${name} frames a second, in any order`, async () => {
        const order = shuffled(frames, 7);
        const clips = [{ rate, start: 0, duration: frames, sourceStart: zero, speed: one }];
        const [numbers] = await numbersShown({ codec, rate, frames }, [{ clips, order }]);
        expect(numbers.filter((number, k) => number !== order[k])).toEqual([]);
        expect(numbers).toHaveLength(frames);
      });
    }
  }

  it('through a sequence of another rate, trimmed, twice as fast and backwards', async () => {
    const rate = rates['24'];
    const order = shuffled(60, 11);
    const timelines = [
      // 24 in 60: the middle of frame k lies at (2 k + 1) / 120 s, in frame floor((2 k + 1) / 5) of the file.
      {
        clips: [{ rate: rates['60'], start: 0, duration: 60, sourceStart: zero, speed: one }],
        expected: (k: number) => Math.floor((2 * k + 1) / 5),
      },
      // 24 in 29.97: the middle of frame k lies at (2 k + 1) 1001 / 60000 s.
      {
        clips: [{ rate: rates['29.97'], start: 0, duration: 60, sourceStart: zero, speed: one }],
        expected: (k: number) => Math.floor(((2 * k + 1) * 1001 * 24) / 60_000),
      },
      // Trimmed by 30 frames, and begun at frame 5 after a gap that shows nothing.
      {
        clips: [{ rate, start: 5, duration: 55, sourceStart: { numerator: 30, denominator: 24 }, speed: one }],
        expected: (k: number) => (k < 5 ? 0 : 30 + k - 5),
      },
      // Twice as fast from frame 0: the middle of frame k is the beginning of frame 2 k + 1.
      {
        clips: [{ rate, start: 0, duration: 48, sourceStart: zero, speed: { numerator: 2, denominator: 1 } }],
        expected: (k: number) => (k < 48 ? 2 * k + 1 : 0),
      },
      // Backwards from the end of frame 79, beside a second clip that goes on forwards.
      {
        clips: [
          { rate, start: 0, duration: 40, sourceStart: { numerator: 80, denominator: 24 }, speed: { numerator: -1, denominator: 1 } },
          { rate, start: 40, duration: 20, sourceStart: { numerator: 10, denominator: 24 }, speed: one },
        ],
        expected: (k: number) => (k < 40 ? 79 - k : 10 + k - 40),
      },
    ];
    const numbers = await numbersShown(
      { codec: 'h264', rate, frames },
      timelines.map(({ clips }) => ({ clips, order })),
    );
    for (const [at, { expected }] of timelines.entries()) expect([at, numbers[at]]).toEqual([at, order.map(expected)]);
  });
});

it('decodes a group of pictures once when it is stepped through backwards', async () => {
  const { ready, report } = await page.evaluate(async () => {
    if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
    return globalThis.editorChecks.steppedBack({ codec: 'h264', rate: { numerator: 24, denominator: 1 }, frames: 96 });
  });
  // A key frame a second: only the first picture of all is waited for, the groups before it are decoded ahead.
  expect(ready).toBeGreaterThanOrEqual(96 - 4);
  expect([report.frames, report.evicted]).toEqual([96, 0]);
});

it('answers a frame that was overtaken by another with nothing, and always shows the last', async () => {
  const shown = await page.evaluate(async () => {
    if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
    return globalThis.editorChecks.askedAtOnce({ codec: 'vp9', rate: { numerator: 25, denominator: 1 }, frames: 50 }, [49, 3, 20, 45, 8]);
  });
  expect(shown.at(-1)).toBe(8);
  expect(shown.slice(1, -1)).toEqual([undefined, undefined, undefined]);
});

it('says what a file is, and refuses what it cannot read in typed words', async () => {
  const found = await page.evaluate(async () => {
    if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
    return globalThis.editorChecks.described({ codec: 'h264', rate: { numerator: 30_000, denominator: 1001 }, frames: 61 });
  });
  const { fingerprint, ...facts } = found.facts;
  expect(facts).toEqual({
    kind: 'video',
    width: 128,
    height: 96,
    frames: 61,
    rate: { numerator: 30_000, denominator: 1001 },
    bytes: found.bytes,
  });
  expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(found.table).toMatchObject({ kind: 'lut', bytes: 13 });
  expect([found.damaged, found.text]).toEqual(['bad-input', 'bad-input']);
  expect([found.size, found.peaks]).toEqual([[64, 48], null]);
  expect(found.missing).toContain('the file of a clip is missing');
});

it('composes what is more than one picture, and exports a part to the frame; an export can be stopped', async () => {
  const found = await page.evaluate(async () => {
    if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
    return globalThis.editorChecks.composedAndExported({ codec: 'h264', rate: { numerator: 24, denominator: 1 }, frames: 48 });
  });
  // Black, half seen over white, by sRGB values as the blend modes of W3C Compositing take them.
  for (const value of found.black.slice(0, 3)) expect(Math.abs(value - 127.5)).toBeLessThan(4);
  expect(found.numbers).toEqual(Array.from({ length: 12 }, (_, k) => 10 + k));
  expect(found.recipe).toEqual({ project: 'its own' });
  expect(found.progress).toEqual(Array.from({ length: 12 }, (_, k) => k + 1));
  expect(found.stopped).toBe('cancelled');
});

describe('an export that meets trouble', () => {
  it('goes on with another device where its own is lost, and loses no frame', async () => {
    const found = await page.evaluate(async () => {
      if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
      return globalThis.editorChecks.exportLosingDevice();
    });
    expect(found).toEqual({ devices: 2, frames: [12, 12], largest: 0 });
  });

  it('touches nothing that is there under its name, and what a worker that is gone left is removed', async () => {
    const found = await page.evaluate(async () => {
      if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
      return globalThis.editorChecks.exportNames();
    });
    expect(found).toEqual({
      ...{
        read: [2, 4],
        files: ['first', 'second'],
        names: ['walk.mp4', 'walk.mp4'],
        types: ['video/mp4', 'video/mp4'],
        goneIsLeft: false,
      },
      ...{ folders: ['Walk', 'walk (2)'], written: ['frame-00000.png', 'frame-00001.png'], stopped: 'cancelled', untouched: 0 },
    });
  });

  it('says that there is no room, and leaves nothing', async () => {
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(page.url());
    const used = await page.evaluate(async () => {
      await (await navigator.storage.getDirectory()).getDirectoryHandle('narrow', { create: true });
      return (await navigator.storage.estimate()).usage ?? 0;
    });
    // The browser's own quota, not a staged failure: no room for a name, then none for what is written.
    for (const room of [0, 1500]) {
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + room });
      const found = await page.evaluate(async () => {
        if (globalThis.editorChecks === undefined) throw new Error('the page has no checks');
        return globalThis.editorChecks.exportWithoutRoom();
      });
      expect(found).toEqual({ codes: ['storage-full', 'storage-full'], left: [], inFolder: [] });
    }
    await session.send('Storage.overrideQuotaForOrigin', { origin });
  });
});
