/** Letters of a line to glyphs at places: runs of one font, script and direction, each shaped by HarfBuzz, in the order in which they stand. */
import { directionsOf, visualOrder, type Directions } from './bidi';
import type { FontLibrary, Letter, SlicedFont } from './font-library';

/** A glyph on a line, or the box of a letter that no font has. */
export interface PlacedGlyph {
  readonly glyph: { readonly font: SlicedFont; readonly id: number } | 'box';
  /** Of its origin from the left end of the line's baseline, in ems, y up. */
  readonly x: number;
  readonly y: number;
}

export interface ShapedLine {
  readonly glyphs: readonly PlacedGlyph[];
  /** In ems. */
  readonly width: number;
}

/** Width of the box of a letter that no font has, in ems. */
export const boxAdvance = 0.64;

/** Scripts that fonts treat each in its way; what has none goes with what stands before it. */
const scripts = ['Latin', 'Greek', 'Cyrillic', 'Arabic', 'Hebrew', 'Devanagari', 'Han', 'Hiragana', 'Katakana', 'Hangul'] as const;
const ofScript = scripts.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const);
/** Names of ISO 15924. */
const tags: Readonly<Record<(typeof scripts)[number], string>> = {
  ...{ Latin: 'Latn', Greek: 'Grek', Cyrillic: 'Cyrl', Arabic: 'Arab', Hebrew: 'Hebr', Devanagari: 'Deva' },
  ...{ Han: 'Hani', Hiragana: 'Hira', Katakana: 'Kana', Hangul: 'Hang' },
};

interface Run {
  readonly font: SlicedFont | null;
  readonly level: number;
  readonly script: string;
  readonly start: number;
  end: number;
}

export interface ShapedParagraph {
  readonly directions: Directions;
  /** The stretch of the paragraph that stands on a line; a soft hyphen that it ends with is written. */
  line(start: number, end: number): ShapedLine;
  /** Width of a stretch within the whole paragraph, in ems: as a line it is wider by less than `nearBy`. */
  nearWidth(start: number, end: number): number;
}

/** Ems: more than a hyphen, kerning and what else differs at the two ends of a line come to. */
export const nearBy = 2;

/** Letters around a run that HarfBuzz looks at. */
const context = 5;

const softHyphen = '\u00ad';

/**
 * @param paragraph without breaks in it
 * @param letters of it
 * @param language a tag that says whose shapes letters have (BCP 47)
 */
export function shapeParagraph(
  { harfBuzz }: Pick<FontLibrary, 'harfBuzz'>,
  paragraph: string,
  letters: readonly Letter[],
  language: string,
): ShapedParagraph {
  const directions = directionsOf(paragraph);
  const runs = runsOf(letters, directions);
  // Used again: what HarfBuzz holds is only let go when nothing else runs.
  const buffer = new harfBuzz.Buffer();

  /** Glyphs of a run by HarfBuzz; their clusters are places in the text from `from` on. */
  const shapeText = ({ level, script, start, end }: Run, font: SlicedFont, text: string) => {
    buffer.reset();
    // With what stands around it: letters join over the end of a run.
    const from = Math.max(0, start - context);
    buffer.addText(text.slice(from, end + context), start - from, end - start);
    buffer.setDirection(level % 2 === 1 ? harfBuzz.Direction.RTL : harfBuzz.Direction.LTR);
    buffer.setScript(script);
    buffer.setLanguage(language);
    harfBuzz.shape(font.font, buffer);
    const positions = buffer.getGlyphPositions();
    return { from, glyphs: buffer.getGlyphInfos().map(({ codepoint: id, cluster }, at) => ({ id, cluster, ...positions[at] })) };
  };

  const shape = (run: Run, text: string): ShapedLine => {
    const { font, start, end } = run;
    if (font === null) {
      const boxes = letters.filter((letter) => letter.start >= start && letter.start < end);
      return { glyphs: boxes.map((_, at) => ({ glyph: 'box', x: at * boxAdvance, y: 0 })), width: boxes.length * boxAdvance };
    }
    const glyphs: PlacedGlyph[] = [];
    let x = 0;
    for (const { id, xAdvance, xOffset, yOffset } of shapeText(run, font, text).glyphs) {
      glyphs.push({ glyph: { font, id }, x: (x + xOffset) / font.unitsPerEm, y: yOffset / font.unitsPerEm });
      x += xAdvance;
    }
    return { glyphs, width: x / font.unitsPerEm };
  };

  // Lines are measured again for each part that is added to them: what is whole of them is shaped once.
  const shapedRuns = new Map<string, ShapedLine>();
  const shapeRun = (run: Run, text: string): ShapedLine => {
    const key = `${run.start} ${run.end} ${text === paragraph}`;
    const shaped = shapedRuns.get(key) ?? shape(run, text);
    shapedRuns.set(key, shaped);
    return shaped;
  };

  /** Where each UTF-16 unit begins when all letters stand in one row in the order of reading, in ems. */
  let places: Float64Array | undefined;
  const placesOf = (): Float64Array => {
    const advances = new Float64Array(paragraph.length + 1);
    for (const run of runs) {
      if (run.font === null) {
        for (const letter of letters) if (letter.start >= run.start && letter.start < run.end) advances[letter.start + 1] += boxAdvance;
        continue;
      }
      const { from, glyphs } = shapeText(run, run.font, paragraph);
      for (const { cluster, xAdvance } of glyphs) advances[from + cluster + 1] += xAdvance / run.font.unitsPerEm;
    }
    for (let at = 1; at < advances.length; at++) advances[at] += advances[at - 1];
    return advances;
  };

  return {
    directions,
    nearWidth(start, end) {
      places ??= placesOf();
      return places[end] - places[start];
    },
    line(start, end) {
      // A hyphen that was hidden is written where the line ends with it.
      const hyphenated = end < paragraph.length && paragraph[end - 1] === softHyphen;
      const text = hyphenated ? `${paragraph.slice(0, end - 1)}-${paragraph.slice(end)}` : paragraph;
      const parts: Run[] = [];
      for (let at = firstRunAfter(runs, start); at < runs.length && runs[at].start < end; at++) {
        parts.push({ ...runs[at], start: Math.max(start, runs[at].start), end: Math.min(end, runs[at].end) });
      }
      const glyphs: PlacedGlyph[] = [];
      let width = 0;
      for (const part of visualOrder(parts)) {
        const shaped = shapeRun(part, text);
        const from = width;
        glyphs.push(...shaped.glyphs.map((glyph) => ({ ...glyph, x: from + glyph.x })));
        width += shaped.width;
      }
      return { glyphs, width };
    },
  };
}

/** Stretches of letters that are shaped as one. */
function runsOf(letters: readonly Letter[], { levels }: Directions): readonly Run[] {
  const runs: Run[] = [];
  let script = 'Zyyy';
  for (const { start, text, font } of letters) {
    const named = ofScript.find(([, pattern]) => pattern.test(text))?.[0];
    script = named === undefined ? script : tags[named];
    const level = levels[start];
    const end = start + text.length;
    const last = runs.at(-1);
    if (last !== undefined && last.font === font && last.level === level && last.script === script) last.end = end;
    else runs.push({ font, level, script, start, end });
  }
  return runs;
}

/** The first run that ends after a place. */
function firstRunAfter(runs: readonly Run[], place: number): number {
  let [from, to] = [0, runs.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (runs[middle].end > place) to = middle;
    else from = middle + 1;
  }
  return from;
}
