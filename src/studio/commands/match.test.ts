import { expect, it } from 'vitest';
import { matchTitle } from './match';

const titles = ['Play or pause', 'One frame back', 'Übernächster Schnitt', 'Pause the queue'];
const found = (typed: string): string[] =>
  titles
    .map((title) => ({ title, score: matchTitle(typed, title) }))
    .filter(({ score }) => score !== undefined)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map(({ title }) => title);

it('finds titles by the starts of their words first, by letters in order last, without accents', () => {
  expect(found('pause')).toEqual(['Pause the queue', 'Play or pause']);
  expect(found('ofb')).toEqual(['One frame back']);
  expect(found('ubern')).toEqual(['Übernächster Schnitt']);
  expect(found('frame one')).toEqual(['One frame back']);
  expect(found('xyz')).toEqual([]);
  expect(found('')).toEqual(titles);
});
