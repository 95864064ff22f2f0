import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median } from '../numeric/median';
import { relativeDifference, roundRatios, spread } from './statistics';

const seconds = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 30 });

describe('statistics of measurements', () => {
  it('takes the middle value, and the mean of two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('keeps the median between the extremes, whatever the order', () => {
    fc.assert(
      fc.property(seconds, (values) => {
        const { min, median: middle, max } = spread(values);
        expect(middle).toBeGreaterThanOrEqual(min);
        expect(middle).toBeLessThanOrEqual(max);
        expect(median([...values].reverse())).toBe(middle);
      }),
    );
  });

  it('pairs rounds, so that a slow round of both leaves the ratio alone', () => {
    // The third round was five times slower for everybody; medians of each series alone would not tell.
    expect(roundRatios([2, 4, 10, 2], [1, 2, 5, 1])).toEqual({ min: 2, median: 2, max: 2 });
  });

  it('refuses series that cannot be paired', () => {
    expect(() => roundRatios([1], [1, 2])).toThrow(RangeError);
    expect(() => roundRatios([], [])).toThrow(RangeError);
  });

  it('calls results different when lengths differ or a value is not finite', () => {
    expect(relativeDifference([3, 4], [3, 4])).toBe(0);
    expect(relativeDifference([3, 5], [3, 4])).toBeCloseTo(0.2, 12);
    expect(relativeDifference([3], [3, 4])).toBe(Infinity);
    expect(relativeDifference([3, NaN], [3, 4])).toBe(Infinity);
  });
});
