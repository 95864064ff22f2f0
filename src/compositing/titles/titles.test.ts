import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { titleSchema, type Title } from '../../project';
import { openTitleDrawer, type TitleDrawer } from './node-title';
import { titleSvg } from './svg-title';

const size = { width: 640, height: 360 };
let drawer: TitleDrawer;
beforeAll(async () => {
  drawer = await openTitleDrawer();
});
afterAll(() => drawer.close());

/** Rows and columns in which anything is drawn, and how much of the picture is. */
async function extent(title: Partial<Title>) {
  const picture = await drawer.draw(titleSchema.parse({ text: 'H', ...title }), size);
  if (picture.kind !== 'bytes') throw new Error('no bytes');
  const { width } = picture;
  const rgba = new Uint8Array(picture.rgba);
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
    const two = await extent({ text: 'H\nH', size: 0.1, lineHeight: 2 });
    expect(Math.abs(two.bottom - two.top + 1 - (36 + (2 * 36) / 0.71))).toBeLessThanOrEqual(2);
  });

  it('has its colour, its band, and the same pixels each time', async () => {
    const title = { color: '#ff8000', background: '#00000080', size: 0.2 };
    const { rgba } = await extent(title);
    const at = (x: number, y: number): number[] => [...rgba.slice((y * 640 + x) * 4, (y * 640 + x) * 4 + 4)];
    expect(at(5, 180)).toEqual([0, 0, 0, 128]);
    expect(at(5, 5)).toEqual([0, 0, 0, 0]);
    // The bar of the H.
    expect(at(320, 180)).toEqual([255, 128, 0, 255]);
    expect(Buffer.compare((await extent(title)).rgba, rgba)).toBe(0);
  });

  it('keeps its words as they are', () => {
    expect(titleSvg(titleSchema.parse({ text: '<b> & "c"' }), size)).toContain('&lt;b&gt; &amp; "c"</text>');
  });
});
