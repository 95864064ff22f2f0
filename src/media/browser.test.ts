import chromium from '@sparticuz/chromium';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium as playwright, type Browser, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Checks from './browser-checks';
import { sha256 } from '../numeric/sha256';
import { compressImage } from './node';
import { TEST_RECIPE } from './test-clip';
import { testPicture } from './testing';

// A browser is slow where the processor is shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PAGE = '<!doctype html><title>media</title><script type="module" src="/src/media/browser-checks-page.ts"></script>';

let cacheDir = '';
let server: ViteDevServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'aiprod-media-vite-'));
  server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../..'),
    cacheDir,
    appType: 'custom',
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: ['mediabunny', 'gifenc', 'zod', 'comlink', 'h264-mp4-encoder'] },
    plugins: [
      {
        name: 'checks-page',
        configureServer: ({ middlewares }) => {
          middlewares.use('/media.html', (_, response) => response.setHeader('Content-Type', 'text/html').end(PAGE));
        },
      },
    ],
  });
  await server.listen();
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
  });
  page = await browser.newPage();
  const address = server.httpServer?.address();
  if (address === null || typeof address !== 'object') throw new Error('the server has no port');
  await page.goto(`http://127.0.0.1:${address.port}/media.html`);
  await page.waitForFunction(() => globalThis.mediaChecks !== undefined);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(cacheDir, { recursive: true, force: true });
});

function given<Result>(result: Result | undefined): Result {
  if (result === undefined) throw new Error('the page has no checks');
  return result;
}

type Place = 'page' | 'worker';
type ClipOptions = Parameters<typeof Checks.checkClip>[1];

/** Calls in the page or in its worker. */
const run = {
  formats: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].formats(), where),
  clip: (where: Place, format: 'mp4' | 'webm', options: ClipOptions) =>
    page.evaluate(([place, container, extra]) => globalThis.mediaChecks?.[place].checkClip(container, extra), [
      where,
      format,
      options,
    ] as const),
  gif: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].checkGif(), where),
  reading: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].checkReading(), where),
  compressedImage: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].checkCompressedImage(), where),
  readingErrorCode: (where: Place, text: string) =>
    page.evaluate(([place, bytes]) => globalThis.mediaChecks?.[place].readingErrorCode(bytes), [where, text] as const),
  sound: (where: Place, format: 'mp4' | 'webm') =>
    page.evaluate(([place, container]) => globalThis.mediaChecks?.[place].checkSound(container), [where, format] as const),
  aacErrorCode: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].aacErrorCode(), where),
  fileHandle: (where: Place) => page.evaluate((place) => globalThis.mediaChecks?.[place].checkFileHandle(), where),
  errorCode: (where: Place, format: 'mp4' | 'webm' | 'png', options: ClipOptions) =>
    page.evaluate(([place, container, extra]) => globalThis.mediaChecks?.[place].errorCode(container, extra), [
      where,
      format,
      options,
    ] as const),
};

const RATES = [
  [8, 1],
  [24, 1],
  [25, 1],
  [30000, 1001],
  [60, 1],
] as const;

const NUMBERS = Array.from({ length: 31 }, (_, index) => index);

describe.each(['page', 'worker'] as const)('in a %s of Chromium', (where) => {
  it('codes an image to the same pixels as Node does', async () => {
    const inNode = await compressImage(testPicture(200, 120), 33);
    expect(given(await run.compressedImage(where))).toBe(await sha256(inNode.rgba));
  });

  it('says what it encodes', async () => {
    const reports = given(await run.formats(where));
    console.log(
      `${where}: ${reports.map(({ format, codecs, encoder }) => `${format} [${codecs.join(' ')}] ${encoder ?? 'no'}`).join('; ')}`,
    );
    expect(reports.find(({ format }) => format === 'mp4')).toMatchObject({ available: true });
    expect(reports.find(({ format }) => format === 'webm')?.codecs).toContain('vp9');
  });

  it.for([
    ['mp4', 'h264', 'webcodecs'],
    ['mp4', 'h264', 'wasm'],
    ['mp4', 'vp9', 'webcodecs'],
    ['mp4', 'av1', 'webcodecs'],
    ['webm', 'vp9', 'webcodecs'],
    ['webm', 'av1', 'webcodecs'],
  ] as const)('%s with %s by %s is frame-exact and keeps its recipe', async ([format, codec, encoder], context) => {
    const report = given(await run.formats(where)).find((candidate) => candidate.format === format);
    const native =
      report?.encoder?.includes('WebCodecs') === true && report.encoder.slice(report.encoder.indexOf('WebCodecs')).includes(codec);
    if (encoder === 'webcodecs' && !native) context.skip(`needs a browser that encodes ${codec}`);
    for (const [numerator, denominator] of where === 'page' && codec === 'h264' ? RATES : RATES.slice(3, 4)) {
      const result = given(await run.clip(where, format, { codec, encoder, frameRate: { numerator, denominator } }));
      expect(result).toMatchObject({ size: '128x96', numbers: NUMBERS, frameRate: `${numerator}/${denominator}`, recipe: TEST_RECIPE });
      // WebM counts milliseconds.
      expect(result.timeError).toBeLessThanOrEqual(format === 'webm' ? 0.0005 + 1e-9 : 1e-12);
      expect(result.durationError).toBeLessThanOrEqual(format === 'webm' ? 0.002 : 1e-9);
      // Chrome encodes AV1 at its speed for calls, which blurs the test's sharp squares.
      expect(result.difference).toBeLessThan(codec === 'av1' ? 7 : 5);
      expect(result.keyFrames).toBeLessThan(31 / 2);
    }
  });

  it('GIF is decoded by the browser itself', async () => {
    const { numbers, durations, difference, recipe } = given(await run.gif(where));
    expect(numbers).toEqual(NUMBERS);
    const total = durations.reduce<number>((sum, duration) => sum + (duration ?? 0), 0);
    expect(Math.abs(total / 1e6 - (31 * 1001) / 30000)).toBeLessThanOrEqual(0.005);
    expect(difference).toBeLessThan(3);
    expect(recipe).toEqual(TEST_RECIPE);
  });

  it('reads ranges of clips, and images', async () => {
    const { ranges, images } = given(await run.reading(where));
    expect(ranges).toEqual({ webm: [31, 26, 27, 28], gif: [31, 26, 27, 28], y4m: [31, 26, 27, 28] });
    expect(images['image/png']).toBe(0);
    expect(images['image/jpeg']).toBeLessThan(3);
    expect(images['image/webp']).toBeLessThan(3);
    expect(await run.readingErrorCode(where, 'no media file')).toBe('bad-input');
    expect(await run.readingErrorCode(where, '\u0000\u0000\u0000\u0010ftypisom then nothing of sense')).toBe('bad-input');
  });

  it.each(['mp4', 'webm'] as const)('a sound track in %s lasts as long as the frames and comes at its moment', async (format) => {
    const { samples, ratio, rate } = given(await run.sound(where, format));
    console.log(`${where}: ${format} sound of ${samples} samples at ${rate} Hz, ${ratio.toFixed(1)} dB`);
    expect(rate).toBe(48000);
    // WebM counts milliseconds.
    expect(Math.abs(samples - (31 / 24) * 48000)).toBeLessThanOrEqual(format === 'webm' ? 96 : 1);
    expect(ratio).toBeGreaterThan(15);
  });

  it('has AAC, or says that it has not', async () => {
    const code = await run.aacErrorCode(where);
    const mp4 = given(await run.formats(where)).find(({ format }) => format === 'mp4');
    expect(code).toBe(mp4?.audioCodecs.includes('aac') === true ? 'none' : 'codec-unavailable');
  });

  it('writes a file handle at the end only', async () => {
    const { before, after, afterAbort, numbers } = given(await run.fileHandle(where));
    expect(before).toBe(0);
    expect(after).toBeGreaterThan(128 * 96 * 3);
    expect(afterAbort).toBe(after);
    expect(numbers).toEqual([0]);
  });

  it('refuses what it cannot do', async () => {
    expect(await run.errorCode(where, 'png', {})).toBe('bad-usage');
    expect(await run.errorCode(where, 'mp4', { width: 127 })).toBe('bad-input');
    expect(await run.errorCode(where, 'webm', { encoder: 'wasm' })).toBe('codec-unavailable');
  });
});

it('every quality can be played, and a better one is closer', async () => {
  const differences: number[] = [];
  for (const quality of ['low', 'medium', 'high', 'very-high'] as const) {
    const { numbers, difference } = given(await run.clip('page', 'mp4', { quality }));
    expect(numbers).toEqual(NUMBERS);
    differences.push(difference);
  }
  expect(differences).toEqual(differences.toSorted((a, b) => b - a));
});
