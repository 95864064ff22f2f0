import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readGoldenCase } from '../golden/testing';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { diffusionRecipes, verifyPackLatents } from './verify';

const cases = readdirSync(new URL('../../fixtures/golden/', import.meta.url))
  .filter((name) => /^(sched_|guider_|guidance_rescale|ltx_linear_quadratic|ltx_latent_filters)/.test(name))
  .sort();

describe('reference cases', () => {
  test('are all here', () => {
    expect(cases).toHaveLength(11 + 11 + 3);
  });

  test.each(cases)('%s', (name) => {
    const { golden, tolerance } = readGoldenCase(name);
    const comparisons = diffusionRecipes[golden.recipe](golden);
    expect(comparisons.map((comparison) => comparison.name).sort()).toEqual([...golden.outputs.keys()].sort());
    for (const comparison of comparisons) {
      expect(relativeL2(comparison.actual, comparison.expected.data), comparison.name).toBeLessThan(tolerance.f32);
    }
  });

  test('op_shuffles packs latents', () => {
    const { golden } = readGoldenCase('op_shuffles');
    const { actual, expected } = verifyPackLatents(golden);
    expect(relativeL2(actual, expected.data)).toBe(0);
  });
});
