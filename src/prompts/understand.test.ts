import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLabelled, type LabelledPrompt } from './labelled/read-labelled';
import { languages } from './lexicons';
import { partKinds, understandPrompt, type PartKind } from './understand';

const all = languages.map((language) => ({
  language,
  prompts: readLabelled(readFileSync(new URL(`labelled/${language}.txt`, import.meta.url), 'utf8')),
}));

interface Score {
  right: number;
  found: number;
  labelled: number;
}

/** Parts of the same kind, first and last character; and how many attributes and motions are given to the right entity. */
function score(prompts: readonly LabelledPrompt[]): { readonly kinds: Map<PartKind, Score>; readonly bound: Score } {
  const kinds = new Map<PartKind, Score>(partKinds.map((kind) => [kind, { right: 0, found: 0, labelled: 0 }]));
  const of = (kind: PartKind): Score => kinds.get(kind) ?? { right: 0, found: 0, labelled: 0 };
  const bound: Score = { right: 0, found: 0, labelled: 0 };
  for (const { prompt, parts } of prompts) {
    const found = understandPrompt(prompt);
    for (const { kind } of found.parts) of(kind).found++;
    for (const part of parts) {
      const own = of(part.kind);
      own.labelled++;
      const same = found.parts.find(({ kind, start, end }) => kind === part.kind && start === part.start && end === part.end);
      if (same === undefined) continue;
      own.right++;
      if (part.entity === undefined || (part.kind !== 'attribute' && part.kind !== 'motion')) continue;
      const owner = parts.find(({ kind, entity }) => kind === 'entity' && entity === part.entity);
      const given = found.parts.find(({ id }) => id === same.of);
      bound.labelled++;
      if (given !== undefined) bound.found++;
      if (owner !== undefined && given?.start === owner.start) bound.right++;
    }
  }
  return { kinds, bound };
}

const share = (of: number, all: number): number => (all === 0 ? 1 : of / all);

function report(title: string, { kinds, bound }: ReturnType<typeof score>): void {
  const lines = [...kinds].map(([kind, { right, found, labelled }]) => {
    const figures = [share(right, found), share(right, labelled)].map((value) => value.toFixed(3));
    return `${kind.padEnd(10)} precision ${figures[0]} recall ${figures[1]} (${labelled})`;
  });
  console.info(
    [title, ...lines, `bound to the right entity ${share(bound.right, bound.labelled).toFixed(3)} (${bound.labelled})`].join('\n'),
  );
}

describe('labelled prompts', () => {
  for (const heldOut of [false, true]) {
    it(`are read, ${heldOut ? 'those held out' : 'those it was written with'}`, () => {
      const prompts = all.flatMap((own) => own.prompts.filter((prompt) => prompt.heldOut === heldOut));
      const scored = score(prompts);
      report(`${prompts.length} prompts, ${heldOut ? 'held out' : 'seen'}`, scored);
      const least = heldOut ? 0.9 : 0.99;
      for (const [kind, { right, found, labelled }] of scored.kinds) {
        expect(share(right, found), `precision of ${kind}`).toBeGreaterThanOrEqual(least);
        expect(share(right, labelled), `recall of ${kind}`).toBeGreaterThanOrEqual(least);
      }
      expect(share(scored.bound.right, scored.bound.labelled)).toBeGreaterThanOrEqual(heldOut ? 0.95 : 0.99);
    });
  }
});

const partOf = (prompt: string, words: string) => {
  const found = understandPrompt(prompt);
  const part = found.parts.find(({ text }) => text === words);
  if (part === undefined) throw new Error(`${words} was not found: ${JSON.stringify(found.parts)}`);
  return {
    ...part,
    ofText: found.parts.find(({ id }) => id === part.of)?.text,
    toText: found.parts.find(({ id }) => id === part.to)?.text,
  };
};

describe('a prompt', () => {
  it('says what is related to what', () => {
    expect(partOf('a red ball on green grass', 'on')).toMatchObject({ ofText: 'ball', toText: 'grass' });
    expect(partOf('the sky is orange', 'orange')).toMatchObject({ kind: 'attribute', ofText: 'sky' });
    expect(partOf('a balloon floats, then it bursts', 'bursts')).toMatchObject({ ofText: 'balloon', order: 2 });
  });

  it('says what comes before what', () => {
    const turns = (prompt: string): Record<string, number | undefined> =>
      Object.fromEntries(understandPrompt(prompt).parts.flatMap(({ kind, text, order }) => (kind === 'motion' ? [[text, order]] : [])));
    expect(turns('a cat jumps, then a dog runs, finally the bird sings')).toEqual({ jumps: 1, runs: 2, sings: 3 });
    expect(turns('a train passes while a child watches')).toEqual({ passes: 1, watches: 1 });
    expect(turns('the boy kicks the ball before he falls')).toEqual({ kicks: 1, falls: 2 });
    expect(turns('the bird sings after the rain stops')).toEqual({ sings: 2, stops: 1 });
    expect(turns('after the rain stops, the bird sings')).toEqual({ stops: 1, sings: 2 });
    expect(turns('before the storm arrives, the bird hides')).toMatchObject({ arrives: 2 });
    expect(turns('A ball bounces. A star rises.')).toEqual({ bounces: 1, rises: 2 });
  });

  it('is read in its language, or the one that is said', () => {
    expect(
      ['a red ball', 'une balle rouge', 'una pelota roja', 'ein roter Ball'].map((prompt) => understandPrompt(prompt).language),
    ).toEqual([...['en', 'fr', 'es', 'de']]);
    expect(understandPrompt('ballon', 'fr').language).toBe('fr');
  });

  it('is read whatever it is, each part where its words stand', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.array(fc.constantFrom(...pieces)).map((own) => own.join(' ')),
        ),
        (prompt) => {
          const { parts } = understandPrompt(prompt);
          for (const { start, end, text, of, to } of parts) {
            expect(prompt.slice(start, end)).toBe(text);
            for (const id of [of, to])
              if (id !== undefined) expect(parts.some((part) => part.id === id && part.kind === 'entity')).toBe(true);
          }
          expect(parts.every((part, at) => at === 0 || part.start >= parts[at - 1].end)).toBe(true);
        },
      ),
    );
  });
});

const pieces = [
  'a',
  'red',
  'ball',
  'zebra',
  'runs',
  'running',
  'it',
  ',',
  '.',
  'then',
  'before',
  'after',
  'on',
  'is',
  'very',
  'at night',
  'close-up',
  '3',
  "l'arbre",
];
