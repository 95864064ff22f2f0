import { expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import { sigmaSpacings, spacedSigmas } from './sigma-spacings';

// Written out in Python floats, four steps each; the beta quantile by integration and bisection.
const expected: Record<string, number[]> = {
  uniform: [1, 0.75, 0.5, 0.25],
  normal: [1, 0.667, 0.334, 0.001],
  'sgm-uniform': [1, 0.75025, 0.5005, 0.25075],
  simple: [1, 0.75, 0.5, 0.25],
  'linear-quadratic': [1, 0.9875, 0.975, 0.725],
  cosine: [1, 0.7071067811865476, 0.5, 0.2928932188134525],
  karras: [1.0, 0.19360969430407285, 0.022574744025433007, 0.001000000000000002],
  exponential: [1, 0.1, 0.01, 0.001],
  beta: [1, 0.7248621222106651, 0.2761378777893348, 0.001],
};

test.each(sigmaSpacings.map((name) => [name]))('%s', (name) => {
  expect(relativeL2(spacedSigmas(name, 4), expected[name])).toBeLessThan(1e-7);
  for (const steps of [1, 2, 3, 7, 50]) {
    const sigmas = spacedSigmas(name, steps);
    expect(sigmas).toHaveLength(steps);
    expect(sigmas[0]).toBeCloseTo(1, 12);
    expect(
      sigmas.every((sigma, i) => sigma > 0 && (i === 0 || sigma < sigmas[i - 1])),
      `${steps} steps`,
    ).toBe(true);
  }
  expect(() => spacedSigmas(name, 0)).toThrow(AiprodError);
});
