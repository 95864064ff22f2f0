import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { relativePositionBuckets } from './relative-position';

const t5 = { buckets: 32, maxDistance: 128 };

describe('relativePositionBuckets', () => {
  test('near keys have buckets of their own, keys behind the query the lower half', () => {
    const buckets = relativePositionBuckets(5, t5);
    expect([...buckets.subarray(0, 5)]).toEqual([0, 17, 18, 19, 20]);
    expect([...buckets.subarray(20, 25)]).toEqual([4, 3, 2, 1, 0]);
  });

  test('distances grow logarithmically up to the last bucket', () => {
    const length = 200;
    const lastRow = relativePositionBuckets(length, t5).subarray((length - 1) * length);
    const atDistance = (distance: number): number => lastRow[length - 1 - distance];
    // Figures of the formula in T5, section 2.1, at powers of two.
    expect([7, 8, 15, 16, 32, 64, 127, 128, 199].map(atDistance)).toEqual([7, 8, 9, 10, 12, 14, 15, 15, 15]);
  });

  test('every bucket is within range and distances never share a bucket with nearer ones out of order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2, max: 32 }),
        fc.integer({ min: 0, max: 200 }),
        (length, half, more) => {
          const rules = { buckets: 2 * half, maxDistance: half + more + 1 };
          const buckets = relativePositionBuckets(length, rules);
          expect(Math.max(...buckets)).toBeLessThan(rules.buckets);
          const row = buckets.subarray((length - 1) * length);
          for (let key = 1; key < length; key++) expect(row[key]).toBeLessThanOrEqual(row[key - 1]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
