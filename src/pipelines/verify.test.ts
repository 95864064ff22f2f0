import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { evaluateGraph } from '../graph';
import { readModelCase, relativeError } from '../models/testing/golden';
import { pipelineCases } from './testing/cases';
import { verifiesPipelineCase, verifyPipelineCase } from './verify';

describe("the reference's pipelines on the CPU", () => {
  test.each(pipelineCases)('%s', { timeout: 600_000 }, async (name) => {
    const { golden, tolerance } = readModelCase(name);
    expect(verifiesPipelineCase(golden)).toBe(true);
    const comparisons = await verifyPipelineCase(golden, evaluateGraph);
    expect(comparisons.map(({ name: output }) => output)).toEqual([...golden.outputs.keys()]);
    for (const { name: output, actual, expected } of comparisons) {
      const error = relativeError(actual, expected.data);
      if (process.env.VERBOSE) console.log(name, output, error);
      expect.soft(error, output).toBeLessThan(tolerance.f32);
    }
  });
});

test('a recipe that is no pipeline is refused in words', async () => {
  const { golden } = readModelCase('ltx_pipeline_t2v');
  const other = { ...golden, recipe: 'wan_transformer' };
  expect(verifiesPipelineCase(other)).toBe(false);
  await expect(verifyPipelineCase(other, evaluateGraph)).rejects.toThrow(AiprodError);
});
