import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandPrompt, hasWildcards } from './wildcards';

const lists = { color: ['red', 'blue', '{dark|light} green'], place: ['grass'], self: ['__self__'], none: [] };
const seeds = Array.from({ length: 400 }, (_, seed) => seed);

describe('wildcards', () => {
  it('draws one of the alternatives, all of them in turn, the same for the same seed', () => {
    const drawn = new Set(seeds.map((seed) => expandPrompt('a {red|blue} ball', seed)));
    expect([...drawn].sort()).toEqual(['a blue ball', 'a red ball']);
    expect(expandPrompt('a {red|blue} ball', 7)).toBe(expandPrompt('a {red|blue} ball', 7));
    expect(expandPrompt('a {red|blue} ball', 2 ** 52)).toMatch(/^a (red|blue) ball$/);
  });

  it('draws from lists, whose lines may draw again', () => {
    const drawn = new Set(seeds.map((seed) => expandPrompt('__color__ ball on __place__', seed, lists)));
    expect([...drawn].sort()).toEqual(['blue ball on grass', 'dark green ball on grass', 'light green ball on grass', 'red ball on grass']);
  });

  it('takes weights, nested choices, empty ones, and characters that are meant', () => {
    const heavy = seeds.filter((seed) => expandPrompt('{3::a|b}', seed) === 'a').length / seeds.length;
    expect(heavy).toBeGreaterThan(0.68);
    expect(heavy).toBeLessThan(0.82);
    expect(new Set(seeds.map((seed) => expandPrompt('{a {b|c}|d}', seed)))).toEqual(new Set(['a b', 'a c', 'd']));
    expect(new Set(seeds.map((seed) => expandPrompt('a {small |}ball, {slowly|}', seed)))).toEqual(
      new Set(['a small ball, slowly', 'a small ball,', 'a ball, slowly', 'a ball,']),
    );
    expect(expandPrompt('\\{a\\|b\\} snake_case __init', 1)).toBe('{a|b} snake_case __init');
  });

  it('says what is wrong', () => {
    expect(() => expandPrompt('a {red|blue', 1)).toThrow(/braces/);
    expect(() => expandPrompt('a red} ball', 1)).toThrow(/braces/);
    expect(() => expandPrompt('__colour__', 1, lists)).toThrow(/no list __colour__/);
    expect(() => expandPrompt('__none__', 1, lists)).toThrow(/is empty/);
    expect(() => expandPrompt('__self__', 1, lists)).toThrow(/without end/);
  });

  it('leaves prompts that draw nothing as they are', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[{}\\_]|\s\s|\s[,.;:!?]/.test(text)),
        fc.nat(),
        (text, seed) => {
          expect(hasWildcards(text)).toBe(false);
          expect(expandPrompt(text, seed)).toBe(text.trim());
        },
      ),
    );
    expect([hasWildcards('a {b|c}'), hasWildcards('__color__ ball'), hasWildcards('{a}')]).toEqual([true, true, false]);
  });
});
