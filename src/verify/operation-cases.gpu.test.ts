import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runGraph } from '../graph';
import { readGoldenOperationCase, relativeL2 } from '../numeric/testing/golden-case';
import { testContext } from '../graph/testing';
import { buildOperationCase } from './operation-cases';

const names = readdirSync(new URL('../../fixtures/golden/', import.meta.url)).filter((name) => name.startsWith('op_'));

describe('operations against the reference, on the GPU', () => {
  for (const dtype of ['f32', 'f16'] as const) {
    for (const name of names) {
      it(`${name}, ${dtype}`, async (test) => {
        const context = await testContext();
        if (dtype === 'f16' && !context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
        const golden = readGoldenOperationCase(name);
        const { graph, inputs } = buildOperationCase(golden, dtype);
        const actual = await runGraph(context, graph, inputs, () => new Float32Array());
        for (const [key, expected] of golden.outputs) {
          expect.soft(relativeL2(actual.get(key)?.data ?? [], expected.data), key).toBeLessThanOrEqual(golden.tolerance[dtype]);
        }
      });
    }
  }
});
