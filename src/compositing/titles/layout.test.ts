import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { titleSchema } from '../../project';
import { severalScripts } from '../testing/several-scripts';
import { openFontLibrary, type FontLibrary } from './font-library';
import { layOutTitle } from './layout';
import { breakLines } from './line-breaks';
import { readInstalledFont } from './node-title';
import { nearBy, shapeParagraph } from './shaping';

let library: FontLibrary;
beforeAll(async () => {
  library = await openFontLibrary(readInstalledFont);
});

const size = { width: 640, height: 360 };
const words = fc
  .array(
    fc.constantFrom(
      'To',
      'AVAV',
      'fjörd',
      'well-known',
      'hy\u00adphen',
      '雪が降る。',
      '한국어',
      'سلام',
      'שלום',
      '👩‍🚀🇰🇷',
      '\u{10ffff}',
      '(2026)',
    ),
    {
      ...{ minLength: 1, maxLength: 30 },
    },
  )
  .map((parts) => parts.join(' '));

describe('lines of a title in its box', () => {
  it('are those of which each was shaped as it stands', async () => {
    await fc.assert(
      fc.asyncProperty(words, fc.double({ min: 0.05, max: 1, noNaN: true }), async (text, wrap) => {
        const title = titleSchema.parse({ text, wrap, size: 0.05 });
        const { fontSize, lines } = await layOutTitle(title, size, library);
        const { line, nearWidth } = shapeParagraph(library, text, await library.lettersOf(text, title), 'zh-Hans');
        const exact = breakLines(text, wrap * size.width, (start, end) => {
          const { width } = line(start, end);
          expect(Math.abs(width - nearWidth(start, end))).toBeLessThan(nearBy);
          return width * fontSize;
        });
        expect(lines.map((own) => own.text)).toEqual(exact.map(({ start, end }) => text.slice(start, end)));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['words', 'The quick brown fox jumps over the lazy dog. '],
    ['several scripts', `${severalScripts.title.text.replaceAll('\n', ' ')} `],
  ])('are shaped a few times however long they are: %s', async (_, unit) => {
    const text = unit.repeat(Math.floor(4800 / unit.length));
    let shaped = 0;
    const { harfBuzz } = library;
    const counting: FontLibrary = {
      ...library,
      harfBuzz: {
        ...harfBuzz,
        shape(font, buffer) {
          harfBuzz.shape(font, buffer);
          shaped += buffer.getGlyphInfos().length;
        },
      },
    };
    const { lines } = await layOutTitle(titleSchema.parse({ text, wrap: 1, size: 0.005 }), { width: 16_000, height: 360 }, counting);
    expect(lines.length).toBeLessThan(5);
    expect(shaped).toBeLessThan(12 * text.length);
  });
});
