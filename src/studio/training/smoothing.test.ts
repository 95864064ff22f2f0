import { expect, it } from 'vitest';
import { smoothed, thinned } from './smoothing';

it('leaves a level curve level from its first value', () => {
  for (const value of smoothed([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
});

it('weighs what went before', () => {
  // By hand: (0.5 * 0 + 0.5 * 1) / 0.5 = 1, then (0.5 * 0.5 + 0.5 * 3) / 0.75.
  expect(smoothed([1, 3], 0.5)).toEqual([1, 1.75 / 0.75]);
  expect(smoothed([4, 2, 7], 0)).toEqual([4, 2, 7]);
});

it('thins to so many places, both ends among them', () => {
  const thin = thinned(
    Array.from({ length: 1001 }, (_, at) => at),
    101,
  );
  expect(thin).toHaveLength(101);
  expect([thin[0], thin[50], thin[100]]).toEqual([0, 500, 1000]);
});
