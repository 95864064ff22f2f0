import { describe, expect, it } from 'vitest';
import { add, geluTanh, multiply } from '../arithmetic';
import { evaluateGraph } from '../evaluate';
import { compileGraph, runGraph } from '../executor';
import type { Graph } from '../graph';
import type { Capabilities } from '../operation';
import { relativeError, testContext, testValues } from '../testing';
import { Tracer, type Tensor } from '../tracer';
import { elementCount, type Shape } from '../types';
import { linear, matmul } from './matmul';

interface Case {
  readonly a: Shape;
  readonly b: Shape;
  readonly transposeB?: boolean;
}

/** Sizes of 1, odd sizes, whole and broken vectors, several tiles, batches. */
const cases: readonly Case[] = [
  { a: [1, 1], b: [1, 1] },
  { a: [7], b: [5, 7], transposeB: true },
  { a: [1, 64], b: [128, 64], transposeB: true },
  { a: [3, 32], b: [32, 8] },
  { a: [5, 12], b: [20, 12], transposeB: true },
  { a: [8, 260], b: [260, 36] },
  { a: [9, 7], b: [7, 13] },
  { a: [9, 7], b: [13, 7], transposeB: true },
  { a: [33, 20], b: [20, 30] },
  { a: [33, 20], b: [30, 20], transposeB: true },
  { a: [150, 68], b: [68, 132] },
  { a: [150, 68], b: [132, 68], transposeB: true },
  { a: [131, 67], b: [67, 129] },
  { a: [131, 67], b: [129, 67], transposeB: true },
  { a: [2, 3, 10, 16], b: [24, 16], transposeB: true },
  { a: [3, 17, 24], b: [3, 24, 40] },
  { a: [2, 3, 17, 5], b: [2, 3, 6, 5], transposeB: true },
];

/** Devices whose kernels the test adapter can run too. */
const profiles: Readonly<Record<string, Partial<Capabilities>>> = {
  'this adapter': {},
  'a processor without subgroups': { software: true, subgroups: false },
  'a graphics processor': { software: false },
};

function matmulGraph({ a, b, transposeB }: Case, dtype: 'f32' | 'f16', epilogue: boolean): Graph {
  const tracer = new Tracer({ dtype });
  let y: Tensor = matmul(tracer.input('a', a), tracer.input('b', b), { transposeB });
  if (epilogue) {
    const bias = tracer.input('bias', [y.shape[y.shape.length - 1]]);
    y = add(tracer.input('residual', y.shape), multiply(geluTanh(add(y, bias)), 0.5));
  }
  tracer.output('y', y);
  return tracer.finish();
}

function values(graph: Graph): Record<string, Float32Array> {
  return Object.fromEntries([...graph.inputs].map(([name, id], seed) => [name, testValues(elementCount(graph.nodes[id].shape), seed + 1)]));
}

/** Compares every profile's kernels with the reference; returns the kernels that ran. */
async function expectAllAgree(graph: Graph, tolerance: number): Promise<string[]> {
  const context = await testContext();
  const inputs = values(graph);
  const expected = (await evaluateGraph(graph, inputs, () => new Float32Array())).get('y')?.data ?? [];
  const kernels: string[] = [];
  for (const [name, profile] of Object.entries(profiles)) {
    const device = { ...context, capabilities: { ...context.capabilities, ...profile } };
    const actual = await runGraph(device, graph, inputs, () => new Float32Array());
    expect(relativeError(actual.get('y')?.data ?? [], expected), name).toBeLessThanOrEqual(tolerance);
    kernels.push(...compileGraph(graph, device).steps.map((step) => step.call.kernel));
  }
  return kernels;
}

const title = ({ a, b, transposeB }: Case): string => `[${a.join(', ')}] x [${b.join(', ')}]${transposeB === true ? ' transposed' : ''}`;

describe('matmul on the GPU', () => {
  const kernels = new Set<string>();
  for (const matrices of cases) {
    it(`is the reference's ${title(matrices)}`, async () => {
      for (const kernel of await expectAllAgree(matmulGraph(matrices, 'f32', false), 1e-6)) kernels.add(kernel);
      await expectAllAgree(matmulGraph(matrices, 'f32', true), 1e-6);
    });

    it(`is the reference's ${title(matrices)} in f16`, async (test) => {
      const context = await testContext();
      if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
      await expectAllAgree(matmulGraph(matrices, 'f16', true), 5e-3);
    });
  }

  it('has run every kernel that the device can run', async () => {
    const { capabilities } = await testContext();
    const all = ['matmul/register_tile', 'matmul/split_inner', 'matmul/workgroup_tile'];
    if (capabilities.software && capabilities.subgroups) all.push('matmul/quad_tile');
    expect([...kernels].sort()).toEqual(all.sort());
  });

  it('absorbs bias, activation and residual into one dispatch', async () => {
    const tracer = new Tracer();
    const x = tracer.input('x', [6, 8]);
    const y = linear(x, tracer.parameter('weight', [12, 8]), tracer.parameter('bias', [12]));
    tracer.output('y', add(geluTanh(y), tracer.input('residual', [6, 12])));
    expect(compileGraph(tracer.finish(), await testContext()).steps).toHaveLength(1);
  });
});
