import { describe, expect, test } from 'vitest';
import { evaluateGraph } from '../graph';
import { readModelCase, relativeError } from '../models/testing/golden';
import { verifiesTrainingCase, verifyTrainingCase } from '.';

describe("the reference's training on the CPU", () => {
  test.each([
    'train_full',
    'train_full_clipped',
    'train_lora',
    'models/train_wan',
    'models/train_wan_lora',
    'models/train_wan_i2v',
    'models/train_ltx2',
    'models/train_ltx2_lora',
    'models/train_ltx2_sound',
  ])('%s', async (name) => {
    const { golden, tolerance } = readModelCase(name);
    expect(verifiesTrainingCase(golden)).toBe(true);
    const comparisons = await verifyTrainingCase(golden, evaluateGraph);
    expect(comparisons.map(({ name: output }) => output)).toEqual([...golden.outputs.keys()]);
    for (const { name: output, actual, expected } of comparisons) {
      expect.soft(relativeError(actual, expected.data), output).toBeLessThan(tolerance.f32);
    }
  });
});
