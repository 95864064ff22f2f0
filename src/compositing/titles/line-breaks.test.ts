import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakLines, breaksOf, graphemesOf } from './line-breaks';

/** Each letter as wide as one, but no more than what is drawn of it. */
const counted = (text: string) => (start: number, end: number) => graphemesOf(text.slice(start, end)).length;
const linesOf = (text: string, width: number): string[] =>
  breakLines(text, width, counted(text)).map(({ start, end }) => text.slice(start, end));

/** Texts with all that the rules speak of. */
const texts = fc
  .array(
    fc.constantFrom(
      'a',
      'word',
      'é',
      'e\u0301',
      ' ',
      '  ',
      '-',
      '\u00a0',
      '\u00ad',
      '.',
      ',',
      '“',
      '”',
      '(',
      ')',
      '—',
      '—',
      '…',
      '€',
      '12',
      '%',
      '雪',
      '東京',
      'か',
      'っ',
      'ー',
      '。',
      '、',
      '「',
      '」',
      '？',
      '（',
      '）',
      '，',
      '😀',
      '👩‍👩‍👧',
      'سلام',
      'שלום',
      '\u3000',
      '한국',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('lines of a title', () => {
  it('lose nothing but the spaces that they end with, and no letter is cut in two', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (text, width) => {
        const lines = breakLines(text, width, counted(text));
        const ends = new Set([...graphemesOf(text).map(({ start }) => start), text.length]);
        let reached = 0;
        for (const { start, end } of lines) {
          expect(text.slice(reached, start)).toMatch(/^[\p{White_Space}\u200b]*$/u);
          expect(ends.has(start)).toBe(true);
          expect(end).toBeGreaterThanOrEqual(start);
          reached = end;
        }
        expect(text.slice(reached)).toMatch(/^[\p{White_Space}\u200b]*$/u);
      }),
    );
  });

  it('are no wider than the box unless nothing in them can be broken, and as full as they may be', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (text, width) => {
        const lines = breakLines(text, width, counted(text));
        const breaks = breaksOf(text);
        lines.forEach(({ start, end }, at) => {
          if (counted(text)(start, end) > width) expect(breaks.filter((place) => place > start && place < end)).toEqual([]);
          const next = lines.at(at + 1);
          if (next === undefined) return;
          // The first part of the next line would not have gone onto this one.
          const part = breaks.find((place) => place > next.start) ?? text.length;
          const drawn = start + text.slice(start, part).trimEnd().length;
          expect(counted(text)(start, drawn)).toBeGreaterThan(width);
        });
      }),
    );
  });

  it('begin with no closing sign and end with no opening one, unless a space was typed there', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 6 }), (text, width) => {
        const lines = breakLines(text, width, counted(text));
        for (const [at, { start }] of lines.entries()) {
          if (at === 0 || /[\s\u200b]$/u.test(text.slice(0, start))) continue;
          expect(text.slice(start)).not.toMatch(/^[。、」）？，っー”),.%…]/u);
          expect(text.slice(0, start)).not.toMatch(/[「（“(€]$/u);
        }
      }),
    );
  });

  it.each([
    ['the quick brown fox', 10, ['the quick', 'brown fox']],
    ['unbreakable', 4, ['unbreakable']],
    ['a well-known co-op 1-2', 7, ['a well-', 'known', 'co-op', '1-2']],
    ['100\u00a0km away', 6, ['100\u00a0km', 'away']],
    // JIS X 4051: a line takes the letter before along, so that none begins with a full stop, a small kana or a mark of length.
    ['これは雪です。', 6, ['これは雪で', 'す。']],
    ['あいうえっか', 4, ['あいう', 'えっか']],
    ['あいうデータ', 4, ['あいう', 'データ']],
    ['彼は「雪」と言う', 3, ['彼は', '「雪」', 'と言う']],
    ['他说：“下雪了。”', 4, ['他说：', '“下雪', '了。”']],
    ['走吧……好', 3, ['走', '吧……', '好']],
    ['Mix日本語text', 4, ['Mix日', '本語', 'text']],
    ['', 5, ['']],
  ])('sets %j in %i as %j', (text, width, lines) => {
    expect(linesOf(text, width)).toEqual(lines);
  });
});
