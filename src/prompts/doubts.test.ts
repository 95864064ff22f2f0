import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doubtsOf, embeddedVocabulary, enhancePrompt, understandPrompt, type ModelVocabulary } from '.';

const doubts = (prompt: string, vocabulary?: ModelVocabulary) => doubtsOf(understandPrompt(prompt), vocabulary);
const brief = (prompt: string, vocabulary?: ModelVocabulary): string[] =>
  doubts(prompt, vocabulary).map(({ kind, text }) => `${kind} ${text}`);

describe('what is in doubt', () => {
  it('is nothing in a plain prompt', () => {
    expect(brief('a red ball bouncing up and down over the grass by day', embeddedVocabulary)).toEqual([]);
    expect(brief('a girl in a blue dress dances on the beach, cinematic')).toEqual([]);
    expect(brief('a red and blue kite flies above a hill')).toEqual([]);
  });

  it('is an attribute of nothing, with what it may describe', () => {
    const [found] = doubts('red and shiny');
    expect(found).toMatchObject({
      kind: 'unbound',
      text: 'red',
      suggestions: [{ prompt: 'red ball and shiny' }, {}, {}, { prompt: 'and shiny' }],
    });
  });

  it('is what cannot both be true', () => {
    const [colours] = doubts('a red blue ball spins');
    expect(colours).toMatchObject({ kind: 'contradiction', text: 'blue', other: 'red' });
    expect(colours.suggestions.map(({ prompt }) => prompt)).toEqual(['a red ball spins', 'a blue ball spins']);
    expect(brief('a tiny giant dog runs')).toEqual(['contradiction giant']);
    expect(brief('a star rises at night by day')).toEqual(['contradiction by day']);
    expect(brief('a star rises at night, then a bird sings at dawn')).toEqual([]);
    expect(brief('un grand petit chat dort')).toEqual(['contradiction petit']);
  });

  it('is a pronoun that stands for nothing named, or for either of two', () => {
    const [none] = doubts('it flies over the house');
    expect(none).toMatchObject({ kind: 'pronoun', text: 'it' });
    expect(none.suggestions[0].prompt).toBe('the house flies over the house');
    const [either] = doubts('a dog runs. a cat sleeps. it barks');
    expect(either).toMatchObject({ kind: 'pronoun', most: 2 });
    expect(either.suggestions.map(({ words }) => words)).toEqual(['the cat', 'the dog']);
  });

  it('is more than the model draws, or has seen', () => {
    expect(brief('a red ball and a blue star rising', embeddedVocabulary)).toContain('too-many star');
    expect(brief('a red ball falls, then it rises', embeddedVocabulary)).toContain('too-long rises');
    const [zebra] = doubts('a zebra moving to the left', embeddedVocabulary);
    expect(zebra).toMatchObject({ kind: 'unseen', text: 'zebra', suggestions: [{ prompt: 'a ball moving to the left' }, {}, {}] });
    expect(brief('a zebra moving to the left')).toEqual([]);
  });

  it('is a clip in which nothing moves', () => {
    expect(doubts('a red ball on grass')[0]).toMatchObject({
      kind: 'no-motion',
      suggestions: [{ prompt: 'a red ball slowly turning on grass' }, {}, {}],
    });
  });
});

describe('a fuller prompt', () => {
  it('keeps what was said and says what it added', () => {
    for (const text of ['a fox in a forest', 'un chat noir', 'una casa vieja', 'ein alter Turm']) {
      const { prompt, additions } = enhancePrompt(understandPrompt(text));
      expect(additions.map(({ kind }) => kind).toSorted()).toEqual(['camera', 'motion', 'setting', 'style']);
      for (const { start, end, words } of additions) expect(prompt.slice(start, end)).toBe(words);
      // Without the additions the prompt is as it was.
      const left = additions.toReversed().reduce((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), prompt);
      expect(
        left
          .replace(/\s*,\s*/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      ).toBe(text);
    }
  });

  it('adds nothing that is there, and to a model of few words none it has not seen', () => {
    expect(enhancePrompt(understandPrompt('close-up of a cat sleeping at night, anime')).additions).toEqual([]);
    const { additions } = enhancePrompt(understandPrompt('a red ball'), embeddedVocabulary);
    for (const { words } of additions) for (const word of words.split(' ')) expect(embeddedVocabulary.words).toContain(word);
    expect(additions).toHaveLength(2);
  });
});

it('knows the words that the embedded model has seen', () => {
  const file = new URL('../../public/models/embedded/tokenizer/vocab.json', import.meta.url);
  const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const words = Array.isArray(stored) ? stored.map(String) : Object.keys(stored ?? {});
  expect([...embeddedVocabulary.words].toSorted()).toEqual(words.filter((word) => !word.startsWith('<')).toSorted());
});
