/** Words of a title as lines of glyphs at places: pure arithmetic on what the fonts say. */
import { hanOf, type PictureSize, type Title } from '../../project';
import { capitals } from './families';
import type { FontLibrary } from './font-library';
import { breakLines } from './line-breaks';
import { nearBy, shapeParagraph, type PlacedGlyph } from './shaping';

export interface TitleLayout {
  /** Pixels of an em. */
  readonly fontSize: number;
  /** Height of capitals, pixels. */
  readonly capitalHeight: number;
  readonly lines: readonly TitleLine[];
  /** A band behind all lines, as wide as the frame. */
  readonly band: { readonly y: number; readonly height: number } | null;
}

export interface TitleLine {
  readonly text: string;
  /** Left end of its baseline, pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly glyphs: readonly PlacedGlyph[];
}

/** Share of the frame's width between its edge and lines that begin or end there: the safe area of titles (SMPTE ST 2046-1). */
const margin = 0.05;

const typedBreaks = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
/** Signs that fonts have no shape for, with the one that stands for them: as long, so that places stay. */
const blank = (text: string): string => text.replace(/\t/g, ' ').replace(/\p{Cc}/gu, '\u200b');

const paragraphsOf = ({ text }: Pick<Title, 'text'>): readonly string[] => text.split(typedBreaks).map(blank);

/** Letters of a title that no font has, each once; they are drawn as boxes. */
export async function lettersWithoutFont(title: Title, library: Pick<FontLibrary, 'lettersOf'>): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (const paragraph of paragraphsOf(title))
    for (const { text, font } of await library.lettersOf(paragraph, title)) if (font === null) missing.add(text);
  return [...missing];
}

/** Lines of a title, the block in the middle of the frame; each line's capitals in the middle of its height. */
export async function layOutTitle(title: Title, { width, height }: PictureSize, library: FontLibrary): Promise<TitleLayout> {
  const capitalHeight = title.size * height;
  const fontSize = capitalHeight / capitals[title.font];
  const box = (title.wrap ?? 1 - 2 * margin) * width;
  const lines: Omit<TitleLine, 'y'>[] = [];
  for (const paragraph of paragraphsOf(title)) {
    const letters = await library.lettersOf(paragraph, title);
    const { directions, line, nearWidth } = shapeParagraph(library, paragraph, letters, hanOf(title) === 'ja' ? 'ja' : 'zh-Hans');
    // What surely fits need not be shaped as the line that it would be: only lines that are nearly full are.
    const measure = (start: number, end: number): number => {
      const near = (nearWidth(start, end) + nearBy) * fontSize;
      return near < box ? near : line(start, end).width * fontSize;
    };
    const places = title.wrap === undefined ? [{ start: 0, end: paragraph.length }] : breakLines(paragraph, box, measure);
    for (const { start, end } of places) {
      const { glyphs, width: ems } = line(start, end);
      const free = box - ems * fontSize;
      const atRight = (title.align === 'end') !== directions.fromRight;
      const before = title.align === 'center' ? free / 2 : atRight ? free : 0;
      lines.push({ text: paragraph.slice(start, end), x: (width - box) / 2 + before, width: ems * fontSize, glyphs });
    }
  }
  const advance = fontSize * title.lineHeight;
  const top = (height - advance * lines.length) / 2;
  const padding = capitalHeight / 2;
  return {
    ...{ fontSize, capitalHeight },
    lines: lines.map((line, at) => ({ ...line, y: top + advance * (at + 0.5) + capitalHeight / 2 })),
    band: title.background === undefined ? null : { y: top - padding, height: advance * lines.length + 2 * padding },
  };
}
