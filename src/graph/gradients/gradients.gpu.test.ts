import { describe, expect, it } from 'vitest';
import { attention, conv1d, conv3d, evaluateGraph, layerNorm, removeDeadCode, runGraph } from '..';
import { expectGpuMatchesReference, relativeError, testContext, testValues } from '../testing';
import { gradientCases, type GradientCase } from './testing/cases';
import { traceCase, type TracedCase } from './testing/finite-differences';

function singles({ inputs }: TracedCase): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, Float32Array.from(data)]));
}

describe('gradients on the GPU equal the reference', () => {
  it.each(gradientCases)('$name', async ({ build }) => {
    const traced = traceCase(build);
    await expectGpuMatchesReference(removeDeadCode(traced.backward), singles(traced), 1e-5);
  });
});

/** Sizes of several tiles, the last ones cut. */
const tiles: readonly GradientCase[] = [
  {
    name: 'convolution of several tiles and cut columns',
    build: (input) =>
      conv3d(input([1, 3, 2, 6, 36]), input([2, 1, 3, 36, 72]), {
        padding: [
          [1, 0],
          [0, 0],
          [1, 1],
        ],
      }),
  },
  {
    name: 'attention of several blocks: a bias for every pair, few key heads, a window, odd head size',
    build: (input, tracer) =>
      attention(input([2, 75, 4, 18]), input([2, 75, 2, 18]), input([2, 75, 2, 18]), {
        window: 37,
        bias: tracer.constant(
          testValues(75 * 75, 5).map((value, k) => (k % 11 === 0 ? -Infinity : value)),
          [75, 75],
        ),
      }),
  },
];

describe('gradients of several tiles equal the reference', () => {
  it.each(tiles)('$name', async ({ build }) => {
    const traced = traceCase(build);
    await expectGpuMatchesReference(removeDeadCode(traced.backward), singles(traced), 1e-5);
  });
});

/** Sizes at which graphics processors get kernels of their own: workgroups that share a row, sums in chunks. */
const large: readonly GradientCase[] = [
  ...gradientCases.filter(({ name }) => /odd rows|attention with a mask|RMS norm$/.test(name)),
  { name: 'layer norm of rows too wide to keep', build: (input) => layerNorm(input([2, 5000]), { eps: 1e-3 }) },
  {
    name: 'convolution with a weight summed in chunks',
    build: (input) => conv1d(input([2, 150, 4]), input([3, 4, 8]), { padding: [1, 1] }),
  },
  { name: 'convolution, odd channels, in chunks', build: (input) => conv1d(input([1, 200, 3]), input([3, 3, 5]), { padding: [1, 1] }) },
];

describe('gradients in the kernels of graphics processors equal the reference', () => {
  it.each(large)('$name', async ({ build }) => {
    const traced = traceCase(build);
    const context = await testContext();
    const device = { ...context, capabilities: { ...context.capabilities, software: false } };
    const graph = removeDeadCode(traced.backward);
    const expected = await evaluateGraph(graph, singles(traced), () => new Float32Array());
    const actual = await runGraph(device, graph, singles(traced), () => new Float32Array());
    for (const [name, { data }] of expected) expect(relativeError(actual.get(name)?.data ?? [], data), name).toBeLessThan(1e-5);
  });
});
