import { describe, expect, test } from 'vitest';
import { runGraph } from '../graph';
import { testContext } from '../graph/testing';
import { readModelCase, relativeError } from '../models/testing/golden';
import { pipelineCases } from './testing/cases';
import { verifyPipelineCase } from './verify';

describe.each(['f32', 'f16'] as const)("the reference's pipelines on the GPU in %s", (dtype) => {
  test.for(pipelineCases)('%s', { timeout: 300_000 }, async (name, { skip }) => {
    const context = await testContext();
    if (dtype === 'f16' && !context.capabilities.f16) skip('needs shader-f16: run with AIPROD_ADAPTER=lavapipe or on a GPU');
    const { golden, tolerance } = readModelCase(name);
    const comparisons = await verifyPipelineCase(golden, (graph, inputs, read) => runGraph(context, graph, inputs, read), { dtype });
    for (const { name: output, actual, expected } of comparisons) {
      const error = relativeError(actual, expected.data);
      if (process.env.VERBOSE) console.log(name, dtype, output, error);
      expect.soft(error, output).toBeLessThan(tolerance[dtype]);
    }
  });
});
