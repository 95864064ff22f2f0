import { expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { calculateShift, linearQuadraticSigmas, linspace, pipelineSigmas, startStep } from './timesteps';

test('linspace ends exactly', () => {
  expect(Array.from(linspace(1, 0.1, 4))).toEqual([1, 0.7, 0.4, 0.1]);
  expect(Array.from(linspace(5, 1, 1))).toEqual([5]);
  expect(linspace(0, 1, 8)[7]).toBe(1);
});

test('the shift of LTX is 0.95 at 1024 tokens and 2.05 at 4096', () => {
  const anchors = { base_image_seq_len: 1024, max_image_seq_len: 4096, base_shift: 0.95, max_shift: 2.05 };
  expect(calculateShift(1024, anchors)).toBeCloseTo(0.95, 12);
  expect(calculateShift(4096, anchors)).toBeCloseTo(2.05, 12);
});

test('schedules start at 1 and fall', () => {
  expect(Array.from(pipelineSigmas(1))).toEqual([1]);
  for (const sigmas of [pipelineSigmas(30), linearQuadraticSigmas(30), linearQuadraticSigmas(1)]) {
    expect(sigmas[0]).toBe(1);
    for (let i = 1; i < sigmas.length; i++) expect(sigmas[i]).toBeLessThan(sigmas[i - 1]);
  }
});

test('a strength picks the first step', () => {
  expect(startStep(40, 1)).toBe(0);
  expect(startStep(40, 0.3)).toBe(28);
  expect(startStep(40, 0)).toBe(40);
  expect(() => startStep(40, 1.1)).toThrow(AiprodError);
  expect(() => startStep(0, 1)).toThrow(AiprodError);
});
