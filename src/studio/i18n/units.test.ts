import { expect, it } from 'vitest';
import { unitsOf } from './units';

it('writes durations and sizes as people of a language say them', () => {
  const { bytes, duration } = unitsOf('en');
  expect([0.4, 8.2, 60, 80, 3600, 7500].map(duration)).toEqual(['1 sec', '8 sec', '1 min', '1 min 20 sec', '1 hr', '2 hr 5 min']);
  expect([12, 48_213, 96_400_000, 1_240_000_000].map(bytes)).toEqual(['1 kB', '48 kB', '96 MB', '1.2 GB']);
  expect(unitsOf('fr').bytes(1_240_000_000)).toMatch(/^1,2\sGo$/);
});

it('keeps the digits of a place in time, and no more than asked of a figure', () => {
  const { seconds, decimal, percent } = unitsOf('en');
  expect([seconds(2, 2), decimal(29.97003, 2), decimal(24, 2), percent(0.5)]).toEqual(['2.00 sec', '29.97', '24', '50%']);
});
