import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sha256 } from '../../numeric/sha256';
import { titleSchema, type Title } from '../../project';
import type { TitleDrawer } from './draw-title';
import { openFontLibrary } from './font-library';
import { layOutTitle } from './layout';
import { nodeTitleDrawer, readInstalledFont } from './node-title';
import { severalScripts } from '../testing/several-scripts';

const size = { width: 640, height: 360 };
let drawer: TitleDrawer;
beforeAll(() => {
  drawer = nodeTitleDrawer();
});

/** Rows and columns in which anything is drawn, and how much of the picture is. */
async function extent(title: Partial<Title>) {
  const { width, rgba } = await drawer.draw(titleSchema.parse({ text: 'H', ...title }), size);
  const drawn = Array.from({ length: rgba.length / 4 }, (_, at) => at).filter((at) => rgba[at * 4 + 3] > 127);
  const rows = drawn.map((at) => Math.floor(at / width));
  const columns = drawn.map((at) => at % width);
  return {
    top: rows[0],
    bottom: rows[rows.length - 1],
    left: Math.min(...columns),
    right: Math.max(...columns),
    drawn: drawn.length,
    rgba,
  };
}

describe('a title', () => {
  it.each(['sans', 'serif', 'mono'] as const)('in %s has capitals of its size, in the middle of the frame', async (font) => {
    const { top, bottom, left, right } = await extent({ font, size: 0.25 });
    // 90 pixels of 360; a pixel is lost to smoothing at either end.
    expect(Math.abs(bottom - top + 1 - 90)).toBeLessThanOrEqual(1);
    expect(Math.abs((top + bottom + 1) / 2 - 180)).toBeLessThanOrEqual(1);
    expect(Math.abs((left + right + 1) / 2 - 320)).toBeLessThanOrEqual(3);
  });

  it('is heavier where it should be, begins at the margin, leans, and stands on several lines', async () => {
    const [thin, heavy] = [await extent({ weight: 200, size: 0.2 }), await extent({ weight: 800, size: 0.2 })];
    expect(heavy.drawn).toBeGreaterThan(1.8 * thin.drawn);
    expect(Math.abs((await extent({ align: 'start' })).left - 34)).toBeLessThanOrEqual(4);
    expect(Math.abs((await extent({ align: 'end' })).right - 606)).toBeLessThanOrEqual(4);
    const [upright, leaning] = [await extent({ text: 'I', size: 0.3 }), await extent({ text: 'I', size: 0.3, italic: true })];
    // 108 pixels high: tan 12 degrees of that further to the right at the top.
    expect(Math.abs(leaning.right - leaning.left - (upright.right - upright.left) - 23)).toBeLessThanOrEqual(3);
    const two = await extent({ text: 'H\r\nH', size: 0.1, lineHeight: 2 });
    expect(Math.abs(two.bottom - two.top + 1 - (36 + (2 * 36) / 0.71))).toBeLessThanOrEqual(2);
  });

  it('begins at the right where its letters do, and stays within its box', async () => {
    const hebrew = { text: 'שלום עולם שלום עולם', size: 0.1, align: 'start', wrap: 0.5 } as const;
    const { left, right, top, bottom } = await extent(hebrew);
    expect(Math.abs(right - 479)).toBeLessThanOrEqual(4);
    expect(left).toBeGreaterThanOrEqual(160);
    expect(bottom - top).toBeGreaterThan(36 / 0.71);
    expect(Math.abs((await extent({ ...hebrew, align: 'end' })).left - 161)).toBeLessThanOrEqual(4);
  });

  it('has its colour, its band, and the same pixels each time', async () => {
    const title = { color: '#ff8000', background: '#00000080', size: 0.2 };
    const { rgba } = await extent(title);
    const at = (x: number, y: number): number[] => [...rgba.slice((y * 640 + x) * 4, (y * 640 + x) * 4 + 4)];
    expect(at(5, 180)).toEqual([0, 0, 0, 128]);
    expect(at(5, 5)).toEqual([0, 0, 0, 0]);
    // The bar of the H.
    expect(at(320, 180)).toEqual([255, 128, 0, 255]);
    const again = await nodeTitleDrawer().draw(titleSchema.parse({ text: 'H', ...title }), size);
    expect(Buffer.compare(again.rgba, rgba)).toBe(0);
  });

  it('shows a letter that no font has as a box, and says which', async () => {
    const [box, nothing] = [await extent({ text: '\u{10ffff}', size: 0.25 }), await extent({ text: '\u200b' })];
    expect(nothing.drawn).toBe(0);
    expect(Math.abs(box.bottom - box.top + 1 - 90)).toBeLessThanOrEqual(1);
    // A frame: empty inside.
    expect(box.rgba[(180 * 640 + 320) * 4 + 3]).toBe(0);
    expect(await drawer.check(titleSchema.parse({ text: 'a\u{10ffff}b\nก é e\u0323\u0302 \u{10ffff}' }))).toEqual({
      code: 'no-font',
      letters: ['\u{10ffff}', 'ก'],
    });
    expect(await drawer.check(severalScripts.title)).toBeNull();
  });

  it('draws Chinese characters as the words or the title say', async () => {
    const [chinese, japanese, said] = [
      await extent({ text: '直' }),
      await extent({ text: '直の' }),
      await extent({ text: '直', han: 'ja' }),
    ];
    expect(Buffer.compare(said.rgba, chinese.rgba)).not.toBe(0);
    expect(japanese.drawn).toBeGreaterThan(said.drawn);
    expect(Buffer.compare((await extent({ text: '直', han: 'zh' })).rgba, chinese.rgba)).toBe(0);
  });

  it('has in Node the very bytes that it has in a page', async () => {
    const { rgba } = await drawer.draw(severalScripts.title, severalScripts.size);
    expect(await sha256(rgba)).toBe(severalScripts.sha256);
  });
});

/** By Chromium with the same fonts: tools/compositing-fixtures/make-titles.mjs. */
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '..', 'fixtures', name));
const reference = z
  .object({
    width: z.number(),
    height: z.number(),
    cases: z.array(z.object({ name: z.string(), title: titleSchema, lines: z.array(z.string()), widths: z.array(z.number()) })),
  })
  .parse(JSON.parse(fixture('titles-chromium.json').toString('utf8')));

describe('what Chromium makes of a title', () => {
  it.each(reference.cases.map(({ name }, at) => [name, at] as const))('is made: %s', async (_, at) => {
    const { width, height, cases } = reference;
    const { title, lines, widths } = cases[at];
    const laidOut = await layOutTitle(title, { width, height }, await openFontLibrary(readInstalledFont));
    expect(laidOut.lines.map(({ text }) => text)).toEqual(lines);
    // All advances of a line together, to half a pixel: Chromium rounds each.
    for (const [line, width] of widths.entries()) expect(Math.abs(laidOut.lines[line].width - width), lines[line]).toBeLessThan(0.5);
    const { rgba } = await drawer.draw(title, { width, height });
    const pixels = await sharp(fixture('titles-chromium.png'))
      .extract({ left: 0, top: at * height, width, height })
      .extractChannel(0)
      .raw()
      .toBuffer();
    const ink = pixels.reduce((sum, value) => sum + value, 0);
    /** Of the picture moved to the right, as a share of what is drawn. */
    const difference = (moved: number): number =>
      pixels.reduce((sum, value, pixel) => sum + Math.abs(value - (rgba[(pixel - moved) * 4 + 3] ?? 0)), 0) / ink;
    // Chromium puts letters on quarters of a pixel and strengthens thin strokes.
    expect(difference(0)).toBeLessThan(0.15);
    expect(Math.min(difference(1), difference(-1), difference(width))).toBeGreaterThan(0.3);
  });
});
