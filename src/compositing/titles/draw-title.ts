/** Titles as pictures, in the page, its workers and Node: the same arithmetic on the same fonts, so the same bytes. */
import type { PictureSize, Title } from '../../project';
import { openFontLibrary, type FontLibrary, type ReadFont, type SlicedFont } from './font-library';
import { layOutTitle, lettersWithoutFont, type TitleLayout } from './layout';
import { addLine, addQuadratic, fillOutlines, type Sides } from './raster';
import { boxAdvance } from './shaping';

/** What is wrong with a title that is drawn all the same. */
export interface TitleWarning {
  readonly code: 'no-font';
  /** Letters that no font of titles has, each once; they are drawn as boxes. */
  readonly letters: readonly string[];
}

/** RGBA8 of the output's size, rows from the top, straight alpha. */
export interface TitlePicture extends PictureSize {
  readonly kind: 'bytes';
  readonly rgba: Uint8Array;
}

export interface TitleDrawer {
  /**
   * A title as it is drawn over a frame.
   * @param size pixels of the output
   * @throws AiprodError `network-failure`, `missing-feature` when a font cannot be had
   */
  draw(title: Title, size: PictureSize): Promise<TitlePicture>;
  /** Null where nothing is wrong. @throws AiprodError as `draw` */
  check(title: Title): Promise<TitleWarning | null>;
}

/** Drawn pictures that are kept: a title stands for many frames. */
const keptPictures = 4;

/** @param read files of the fonts, from where they are */
export function createTitleDrawer(read: ReadFont): TitleDrawer {
  let opening: Promise<FontLibrary> | undefined;
  const library = (): Promise<FontLibrary> => {
    opening ??= openFontLibrary(read);
    opening.catch(() => (opening = undefined));
    return opening;
  };
  const outlines = outlineReader();
  const kept = new Map<string, Promise<TitlePicture>>();

  const make = async (title: Title, size: PictureSize): Promise<TitlePicture> => {
    const fonts = await library();
    const layout = await layOutTitle(title, size, fonts);
    return { kind: 'bytes', ...size, rgba: paint(title, size, layout, await outlines(fonts)) };
  };

  return {
    draw(title, size) {
      const key = JSON.stringify([title, size.width, size.height]);
      const drawn = kept.get(key) ?? make(title, size);
      // The one that was asked for last goes last.
      kept.delete(key);
      kept.set(key, drawn);
      drawn.catch(() => kept.delete(key));
      for (const oldest of kept.keys()) if (kept.size > keptPictures) kept.delete(oldest);
      return drawn;
    },
    async check(title) {
      const letters = await lettersWithoutFont(title, await library());
      return letters.length === 0 ? null : { code: 'no-font', letters };
    },
  };
}

/** Sides and bends of a glyph in ems, y up. */
type Outline = readonly (
  | { readonly kind: 'line'; readonly points: readonly [number, number, number, number] }
  | { readonly kind: 'curve'; readonly points: readonly [number, number, number, number, number, number] }
)[];

/** Reads outlines of glyphs, each once. */
function outlineReader(): (fonts: FontLibrary) => Promise<(font: SlicedFont, glyph: number) => Outline> {
  const known = new WeakMap<SlicedFont, Map<number, Outline>>();
  return async ({ harfBuzz }) => {
    let parts: Outline[number][] = [];
    let [x, y] = [0, 0];
    let [startX, startY] = [0, 0];
    const funcs = new harfBuzz.DrawFuncs();
    funcs.setMoveToFunc((toX, toY) => {
      [x, y, startX, startY] = [toX, toY, toX, toY];
    });
    funcs.setLineToFunc((toX, toY) => {
      parts.push({ kind: 'line', points: [x, y, toX, toY] });
      [x, y] = [toX, toY];
    });
    funcs.setQuadraticToFunc((bendX, bendY, toX, toY) => {
      parts.push({ kind: 'curve', points: [x, y, bendX, bendY, toX, toY] });
      [x, y] = [toX, toY];
    });
    funcs.setClosePathFunc(() => parts.push({ kind: 'line', points: [x, y, startX, startY] }));
    return (font, glyph) => {
      const ofFont = known.get(font) ?? new Map<number, Outline>();
      known.set(font, ofFont);
      const read = ofFont.get(glyph);
      if (read !== undefined) return read;
      parts = [];
      font.font.drawGlyph(glyph, funcs);
      ofFont.set(glyph, parts);
      return parts;
    };
  };
}

/** How far a letter leans to the right for each pixel of its height, of 12 degrees: the fonts have no italics of their own. */
const leaning = 0.2125565616700221;

function paint(
  title: Title,
  { width, height }: PictureSize,
  { fontSize, capitalHeight, lines, band }: TitleLayout,
  outlineOf: (font: SlicedFont, glyph: number) => Outline,
): Uint8Array {
  const rgba = new Uint8Array(width * height * 4);
  if (band !== null && title.background !== undefined) {
    const sides: Sides = [];
    addRectangle(sides, 0, band.y, width, band.y + band.height);
    fillOutlines(sides, { width, height }, over(rgba, width, title.background));
  }
  const lean = title.italic ? leaning : 0;
  const sides: Sides = [];
  for (const line of lines) {
    for (const { glyph, x: ems, y: up } of line.glyphs) {
      const left = line.x + ems * fontSize;
      const bottom = line.y - up * fontSize;
      if (isOutside(left, bottom, { width, height }, fontSize)) continue;
      if (glyph === 'box') {
        addBox(sides, left, bottom, boxAdvance * fontSize, capitalHeight);
        continue;
      }
      const unit = fontSize / glyph.font.unitsPerEm;
      // Leaning letters turn about the baseline of their line.
      const toX = (x: number, y: number): number => left + x * unit + lean * (y * unit + up * fontSize);
      const toY = (y: number): number => bottom - y * unit;
      for (const { kind, points } of outlineOf(glyph.font, glyph.id)) {
        const [x0, y0, x1, y1] = points;
        if (kind === 'line') addLine(sides, toX(x0, y0), toY(y0), toX(x1, y1), toY(y1));
        else addQuadratic(sides, toX(x0, y0), toY(y0), toX(x1, y1), toY(y1), toX(points[4], points[5]), toY(points[5]));
      }
    }
  }
  fillOutlines(sides, { width, height }, over(rgba, width, title.color));
  return rgba;
}

/** Whether nothing of a glyph can be seen: none reaches farther from its origin than four ems. */
const isOutside = (x: number, y: number, { width, height }: PictureSize, em: number): boolean =>
  x < -4 * em || x > width + 4 * em || y < -4 * em || y > height + 4 * em;

function addRectangle(sides: Sides, left: number, top: number, right: number, bottom: number): void {
  addLine(sides, left, top, left, bottom);
  addLine(sides, right, bottom, right, top);
}

/** A frame as high as capitals: its inner rectangle goes the other way round, and so is empty. */
function addBox(sides: Sides, left: number, baseline: number, advance: number, height: number): void {
  const [space, stroke] = [advance * 0.08, height * 0.08];
  const [from, to] = [left + space, left + advance - space];
  addRectangle(sides, from, baseline - height, to, baseline);
  addRectangle(sides, to - stroke, baseline - height + stroke, from + stroke, baseline - stroke);
}

/** Paints rows of coverage with a colour (#rrggbb or #rrggbbaa) over what is there, both with straight alpha (W3C Compositing Level 1). */
function over(rgba: Uint8Array, width: number, color: string): (y: number, coverage: Float64Array) => void {
  const [red, green, blue, alpha = 255] = [1, 3, 5, 7].filter((at) => at < color.length).map((at) => parseInt(color.slice(at, at + 2), 16));
  const source = [red, green, blue];
  return (y, coverage) => {
    for (let x = 0; x < width; x++) {
      if (coverage[x] === 0) continue;
      const at = (y * width + x) * 4;
      const above = (coverage[x] * alpha) / 255;
      const below = (rgba[at + 3] / 255) * (1 - above);
      const both = above + below;
      if (both === 0) continue;
      for (let channel = 0; channel < 3; channel++) {
        rgba[at + channel] = Math.round((source[channel] * above + rgba[at + channel] * below) / both);
      }
      rgba[at + 3] = Math.round(both * 255);
    }
  };
}
