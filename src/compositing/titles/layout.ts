/** Words of a title as lines at places: pure arithmetic, alike for a canvas and for SVG. */
import type { PictureSize, Title } from '../../project';

export interface TitleLayout {
  /** CSS name of the font. */
  readonly family: string;
  readonly file: TitleFont;
  /** Pixels of an em. */
  readonly fontSize: number;
  readonly anchor: 'start' | 'middle' | 'end';
  /** Degrees that letters lean: the fonts have no italics of their own. */
  readonly lean: number;
  /** Left end, middle or right end of the baseline of each line, pixels. */
  readonly lines: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  /** A band behind all lines, as wide as the frame. */
  readonly band: { readonly y: number; readonly height: number; readonly color: string } | null;
}

export type TitleFont = 'geist' | 'geist-mono' | 'source-serif-4';

/** Height of capitals in an em, as each font's OS/2 table says. */
const fonts = {
  sans: { family: 'AIPROD Title Sans', file: 'geist', capitals: 0.71 },
  mono: { family: 'AIPROD Title Mono', file: 'geist-mono', capitals: 0.71 },
  serif: { family: 'AIPROD Title Serif', file: 'source-serif-4', capitals: 0.67 },
} as const satisfies Record<Title['font'], { family: string; file: TitleFont; capitals: number }>;

/** Names inside the font files, which fontconfig knows them by. */
export const fontNames: Readonly<Record<TitleFont, string>> = {
  geist: 'Geist',
  'geist-mono': 'Geist Mono',
  'source-serif-4': 'Source Serif 4',
};

/** Share of the frame's width between its edge and lines that begin or end there: the safe area of titles (SMPTE ST 2046-1). */
const margin = 0.05;
const leaning = 12;

/** Lines of a title, the block in the middle of the frame; each line's capitals in the middle of its height. */
export function layOutTitle(title: Title, { width, height }: PictureSize): TitleLayout {
  const { family, file, capitals } = fonts[title.font];
  const capitalHeight = title.size * height;
  const fontSize = capitalHeight / capitals;
  const advance = fontSize * title.lineHeight;
  const texts = title.text.split(/\r\n|\r|\n/);
  const top = (height - advance * texts.length) / 2;
  const x = { start: margin * width, center: width / 2, end: (1 - margin) * width }[title.align];
  const padding = capitalHeight / 2;
  return {
    ...{ family, file, fontSize, lean: title.italic ? leaning : 0 },
    anchor: ({ start: 'start', center: 'middle', end: 'end' } as const)[title.align],
    lines: texts.map((text, at) => ({ text, x, y: top + advance * (at + 0.5) + capitalHeight / 2 })),
    band:
      title.background === undefined ? null : { y: top - padding, height: advance * texts.length + 2 * padding, color: title.background },
  };
}
