import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJob } from '../pipelines';
import type { Generation } from './generation';
import { filterGenerations, generationTree } from './generation-tree';
import { jobDifference } from './job-difference';

function generation(id: string, parent?: string, prompt = 'a ball'): Generation {
  return {
    ...{ id, number: 1, media: `m-${id}`, madeAt: 0, madeInSeconds: 1, starred: id === 'b', ...(parent === undefined ? {} : { parent }) },
    recipe: {
      ...{ recipe: 1, generator: 'test', model: { name: 'embedded', files: {} }, adapter: { name: '', dtype: 'f32' } },
      job: parseJob({ prompt, seed: 7 }),
    },
  };
}

describe('a tree of generations', () => {
  it('lists each below its parent, the newest first, with its place', () => {
    const list = [generation('a'), generation('b', 'a'), generation('c'), generation('d', 'a'), generation('e', 'b')];
    const plain = (isOpen?: (id: string) => boolean) =>
      generationTree(list, isOpen).map(({ generation: { id }, depth, children, position, siblings }) => [
        id,
        depth,
        children,
        position,
        siblings,
      ]);
    expect(plain()).toEqual([
      ['c', 0, 0, 1, 2],
      ['a', 0, 2, 2, 2],
      ['d', 1, 0, 1, 2],
      ['b', 1, 1, 2, 2],
      ['e', 2, 0, 1, 1],
    ]);
    expect(plain((id) => id !== 'a').map(([id]) => id)).toEqual(['c', 'a']);
  });

  it('lists every generation once, whatever parents are named', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom(...names, 'gone'), { nil: undefined }), { minLength: 5, maxLength: 5 }), (parents) => {
        const nodes = generationTree(names.map((id, at) => generation(id, parents[at])));
        expect(nodes.map(({ generation: { id } }) => id).toSorted()).toEqual(names);
      }),
    );
  });

  it('is filtered by words and stars', () => {
    const list = [generation('a', undefined, 'a red ball'), generation('b', undefined, 'a blue kite')];
    expect(filterGenerations(list, 'BALL 7', false).map(({ id }) => id)).toEqual(['a']);
    expect(filterGenerations(list, '', true).map(({ id }) => id)).toEqual(['b']);
    expect(filterGenerations(list, 'none', false)).toEqual([]);
  });
});

describe('what changed between two jobs', () => {
  it('names the settings, and the words of a prompt', () => {
    const before = parseJob({ prompt: 'a red ball on grass by day', steps: 8, seed: 1, conditions: [{ file: 'a.png', frame: 0 }] });
    const after = parseJob({ prompt: 'a blue ball on wet grass by day', steps: 8, seed: 2, guidanceScale: 3 });
    expect(jobDifference(before, after)).toEqual([
      {
        ...{ field: 'prompt', before: 'a red ball on grass by day', after: 'a blue ball on wet grass by day' },
        words: { removed: ['red'], added: ['blue', 'wet'] },
      },
      { field: 'seed', before: '1', after: '2' },
      { field: 'guidanceScale', after: '3' },
      { field: 'conditions', before: '[{"file":"a.png","frame":0,"placement":"auto","strength":1}]' },
    ]);
  });

  it('takes words without the marks around them', () => {
    const job = parseJob({ prompt: "A kite, red, flies; it's 16:9 (wide)" });
    const words = (prompt: string) => jobDifference(job, { ...job, prompt })[0].words;
    expect(words('A kite flies, red; it\'s 16:9, "wide".')).toEqual({ removed: ['red'], added: ['red'] });
    expect(words("A kite red, flies - it's 4:3 (wide)")).toEqual({ removed: ['16:9'], added: ['4:3'] });
    expect(words("A kite red flies it's 16:9 wide")).toEqual({ removed: [], added: [] });
  });

  it('is nothing for equal jobs, however they are written', () => {
    const job = parseJob({ prompt: 'x', region: { start: 1, end: 2 } });
    expect(jobDifference(job, { ...job, region: { what: 'both', end: 2, start: 1 } })).toEqual([]);
  });
});
