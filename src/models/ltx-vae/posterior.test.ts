import { expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { posteriorMode, samplePosterior } from './posterior';
import type { Video } from './video';

/** Two samples of one channel: means, then log-variances; the last one beyond the limit of 20. */
const moments: Video = { shape: [2, 2, 1, 1, 2], data: Float32Array.of(1, 2, 0, Math.log(4), -1, -2, -100, 50) };

test('the mode is the mean', () => {
  expect(posteriorMode(moments)).toEqual({ shape: [2, 1, 1, 1, 2], data: Float32Array.of(1, 2, -1, -2) });
});

test('a sample adds noise by the standard deviation, log-variances kept in -30 to 20', () => {
  const sample = samplePosterior(moments, Float32Array.of(1, -1, 1, 1)).data;
  expect(sample[0]).toBeCloseTo(2, 6);
  expect(sample[1]).toBeCloseTo(0, 6);
  expect(sample[2]).toBeCloseTo(-1 + Math.exp(-15), 6);
  expect(sample[3] / (Math.exp(10) - 2)).toBeCloseTo(1, 6);
});

test('noise of another size is refused', () => {
  expect(() => samplePosterior(moments, new Float32Array(3))).toThrow(AiprodError);
});
