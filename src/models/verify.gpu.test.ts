import { describe, expect, test } from 'vitest';
import { runGraph } from '../graph';
import { relativeError, testContext } from '../graph/testing';
import { readModelCase } from './testing/golden';
import { verifiedCases } from './testing/cases';
import { verifyModelCase } from './verify';

describe.each(['f32', 'f16'] as const)("the reference's models on the GPU in %s", (dtype) => {
  test.for(verifiedCases)('%s', async (name, { skip }) => {
    const context = await testContext();
    if (dtype === 'f16' && !context.capabilities.f16) skip('needs shader-f16: run with AIPROD_ADAPTER=lavapipe or on a GPU');
    const { golden, tolerance } = readModelCase(name);
    const comparisons = await verifyModelCase(golden, (graph, inputs, read) => runGraph(context, graph, inputs, read), { dtype });
    const errors = comparisons.map(({ name: output, actual, expected }) => [output, relativeError(actual, Float64Array.from(expected.data, Number))] as const);
    if (process.env.VERBOSE) console.log(name, dtype, JSON.stringify(Object.fromEntries(errors)));
    for (const [output, error] of errors) expect(error, output).toBeLessThan(tolerance[dtype]);
  });
});
