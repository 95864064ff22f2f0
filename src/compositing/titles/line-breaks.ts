/** Where lines of a title may end, and how words are set into lines: what UAX #14 and JIS X 4051 ask of titles. */

/** Clusters of a text as a person counts letters (UAX #29), each with its place in it. */
export function graphemesOf(text: string): readonly { readonly start: number; readonly text: string }[] {
  // A segmenter is cheap to make, and its answer does not depend on the language.
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ index, segment }) => ({
    start: index,
    text: segment,
  }));
}

/** Letters between which a line may end without a space: ideographs, kana, hangul, their punctuation and full forms, pictographs, flags. */
const ideographic =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\u2e80-\u303f\u30a0-\u30ff\ufe30-\ufe4f\uff00-\uffef\p{Extended_Pictographic}\p{Regional_Indicator}]/u;

/** A line may end after these; they are not drawn at its end. */
const space = /^[\p{White_Space}\u200b]/u;
const unbreakableSpace = /^[\u00a0\u2007\u202f\u2060\ufeff]/;

/** No line begins with these: closing punctuation, marks of lengthening and repetition, small kana. */
const neverFirst =
  /^[\p{Pe}\p{Pf}!?,.:;%/\u2026\u2025\u2030\u2103\u00b0\u2032\u2033\u3001\u3002\u3005\u301c\u309b-\u309e\u30a0\u30fb-\u30fe\u303b\uff01\uff05\uff0c\uff0e\uff1a\uff1b\uff1f\uff5e\uff61\uff64\uff65\uff9e\uff9f\u00b7\u203c\u2047-\u2049ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰ-ㇿｧ-ｯｰ]/u;

/** No line ends with these: opening punctuation and signs before numbers. */
const neverLast = /^[\p{Ps}\p{Pi}$£¥€＄￡￥＃№]/u;

/** A line may end after these where letters follow. */
const hyphen = /^[-\u2010\u2012-\u2014\u00ad]/;
const letter = /\p{L}[\p{M}\u200c\u200d]*$/u;
/** Dashes and dots that are written twice stay together. */
const doubled = /^[\u2014\u2015\u2025\u2026\u22ef\u3033-\u3035]/;

function mayPart(before: string, after: string): boolean {
  if (unbreakableSpace.test(before) || unbreakableSpace.test(after)) return false;
  // Spaces belong to the line that they end.
  if (space.test(after)) return false;
  if (space.test(before)) return true;
  if (neverLast.test(before) || neverFirst.test(after) || (doubled.test(before) && before === after)) return false;
  if (hyphen.test(before)) return letter.test(after);
  return ideographic.test(before) || ideographic.test(after);
}

/** Places in a text of one paragraph at which a line may end: the ends of its unbreakable parts, the last of which is its own end. */
export function breaksOf(text: string): readonly number[] {
  const clusters = graphemesOf(text);
  const ends = clusters.filter(({ text: after }, at) => at > 0 && mayPart(clusters[at - 1].text, after)).map(({ start }) => start);
  return text === '' ? [] : [...ends, text.length];
}

/** A line as places in its paragraph: drawn from `start` to `end`; what lies before the next line's start is space. */
export interface Line {
  readonly start: number;
  readonly end: number;
}

/** End of what is drawn of a part: without the spaces that a line ends with. */
const withoutSpaces = (text: string, start: number, end: number): number =>
  start + text.slice(start, end).replace(/[\p{White_Space}\u200b]+$/u, '').length;

/**
 * A paragraph in lines, each as full as it may be. Wider than the box is only a line of one part that cannot be broken.
 * @param width of the box
 * @param measure the width of a stretch of the paragraph that stands on a line
 */
export function breakLines(paragraph: string, width: number, measure: (start: number, end: number) => number): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  let end = 0;
  for (const next of breaksOf(paragraph)) {
    const drawn = withoutSpaces(paragraph, start, next);
    if (end > start && measure(start, drawn) > width) {
      lines.push({ start, end: withoutSpaces(paragraph, start, end) });
      start = end;
    }
    end = next;
  }
  lines.push({ start, end: withoutSpaces(paragraph, start, paragraph.length) });
  return lines;
}
