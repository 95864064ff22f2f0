import bidiFactory from 'bidi-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directionsOf, visualOrder } from './bidi';

const bidi = bidiFactory();

describe('directions', () => {
  it('come from the first letter that has one', () => {
    expect(['12 abc שלום', '12 שלום abc', 'مرحبا', '123', ''].map((text) => directionsOf(text).fromRight)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('put letters in the order that bidi-js puts them in', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', ' ', '1', '2', '(', ')', 'א', 'ב', 'ع', 'م', ',', '%', '\u200f'), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(letters, (parts) => {
        // Without spaces at its end, which no line has.
        const text = parts.join('').trimEnd() + 'x';
        const { levels } = directionsOf(text);
        const ordered = visualOrder(Array.from(levels, (level, at) => ({ level, at }))).map(({ at }) => at);
        expect(ordered).toEqual(bidi.getReorderedIndices(text, bidi.getEmbeddingLevels(text)));
      }),
    );
  });

  it('keep numbers and Latin words readable in a text from right to left', () => {
    const text = 'שלום 12.5% abc 7';
    const { levels } = directionsOf(text);
    const shown = visualOrder(Array.from(levels, (level, at) => ({ level, letter: text[at] }))).map(({ letter }) => letter);
    expect(shown.join('')).toBe('abc 7 12.5% םולש');
  });
});
