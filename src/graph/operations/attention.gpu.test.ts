import { describe, expect, it } from 'vitest';
import { multiply } from '../arithmetic';
import { evaluateGraph } from '../evaluate';
import { compileGraph, runGraph } from '../executor';
import type { Graph } from '../graph';
import type { Capabilities } from '../operation';
import { relativeError, testContext, testValues } from '../testing';
import { Tracer } from '../tracer';
import { elementCount, type Shape } from '../types';
import { attention } from './attention';
import { attentionGoldenCases, goldenAttention } from './attention.golden';

interface Case {
  readonly q: Shape;
  readonly keys: number;
  readonly keyHeads?: number;
  readonly bias?: Shape;
  readonly causal?: boolean;
  readonly window?: number;
  readonly scale?: number;
  readonly epilogue?: boolean;
}

/** Few head sizes and rules, because each is a kernel to compile; every shape that matters of each. */
const cases: readonly Case[] = [
  { q: [1, 1, 1, 64], keys: 1 },
  { q: [1, 70, 2, 64], keys: 131 },
  { q: [2, 33, 4, 64], keys: 9, keyHeads: 2, scale: 1 },
  { q: [2, 19, 3, 24], keys: 14, bias: [2, 3, 19, 14] },
  { q: [2, 19, 3, 24], keys: 14, bias: [2, 1, 1, 14] },
  { q: [2, 19, 3, 24], keys: 40, bias: [3, 19, 40] },
  { q: [2, 19, 3, 24], keys: 14, bias: [1, 3, 19, 1] },
  { q: [1, 67, 2, 32], keys: 67, causal: true },
  { q: [1, 21, 2, 32], keys: 40, causal: true },
  { q: [1, 40, 2, 32], keys: 21, causal: true },
  { q: [2, 150, 2, 16], keys: 150, window: 5 },
  { q: [1, 90, 2, 16], keys: 50, window: 33 },
  { q: [2, 35, 4, 10], keys: 35, keyHeads: 2, bias: [35], window: 9, epilogue: true },
];

function attentionGraph({ q, keys, keyHeads, bias, epilogue, ...options }: Case, dtype: 'f32' | 'f16'): Graph {
  const tracer = new Tracer({ dtype });
  const [batch, , heads, head] = q;
  const kv = [batch, keys, keyHeads ?? heads, head];
  const y = attention(tracer.input('q', q), tracer.input('k', kv), tracer.input('v', kv), {
    ...options,
    ...(bias === undefined ? {} : { bias: tracer.input('bias', bias, 'f32') }),
  });
  tracer.output('y', epilogue === true ? multiply(y, tracer.input('gate', [q[1], 1, 1])) : y);
  return tracer.finish();
}

function values(graph: Graph): Record<string, Float32Array> {
  return Object.fromEntries([...graph.inputs].map(([name, id], seed) => [name, testValues(elementCount(graph.nodes[id].shape), seed + 1)]));
}

/** Devices whose kernels the test adapter can run too. */
const profiles: Readonly<Record<string, Partial<Capabilities>>> = { 'this adapter': {}, 'a graphics processor': { software: false } };

/** Compares every profile's kernels with the reference; returns the kernels that ran. */
async function expectReference(graph: Graph, inputs: Readonly<Record<string, Float32Array>>, tolerance: number): Promise<string[]> {
  const context = await testContext();
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

describe('attention on the GPU', () => {
  const kernels = new Set<string>();
  for (const sizes of cases) {
    it(`is the reference's ${JSON.stringify(sizes)}`, async () => {
      const graph = attentionGraph(sizes, 'f32');
      for (const kernel of await expectReference(graph, values(graph), 2e-6)) kernels.add(kernel);
    });

    it(`is the reference's ${JSON.stringify(sizes)} in f16`, async (test) => {
      const context = await testContext();
      if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
      const graph = attentionGraph(sizes, 'f16');
      await expectReference(graph, values(graph), 5e-3);
    });
  }

  it('has run every kernel that the device can run', async () => {
    const { capabilities } = await testContext();
    const all =
      capabilities.software && capabilities.subgroups ? ['attention/quad_tile', 'attention/workgroup_tile'] : ['attention/workgroup_tile'];
    expect([...kernels].sort()).toEqual(all);
  });

  it('treats masked keys and fully masked rows as PyTorch does', async () => {
    const lowest = -3.4028234663852886e38;
    const bias = Float32Array.from([
      ...[0, -Infinity, 0, -Infinity, -Infinity],
      ...[-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      ...[-10000, -10000, -10000, -10000, -10000],
      ...[lowest, lowest, lowest, lowest, lowest],
      ...[lowest, lowest, 1, lowest, -Infinity],
      ...[-Infinity, -Infinity, -Infinity, -Infinity, 3],
    ]);
    const graph = attentionGraph({ q: [1, 6, 1, 24], keys: 5, bias: [6, 5] }, 'f32');
    // Beside -10000 an f32 score keeps three decimals, in PyTorch as here.
    const inputs = { ...values(graph), bias };
    await expectReference(graph, inputs, 2e-4);
    const result = await runGraph(await testContext(), graph, inputs, () => new Float32Array());
    expect([...(result.get('y')?.data.slice(24, 48) ?? [])]).toEqual(new Array(24).fill(0));
  });

  for (const name of attentionGoldenCases) {
    it(`is PyTorch's ${name}`, async () => {
      const { graph, inputs, expected, tolerance } = goldenAttention(name);
      const actual = await runGraph(await testContext(), graph, inputs, () => new Float32Array());
      expect(relativeError(actual.get('y')?.data ?? [], expected)).toBeLessThanOrEqual(tolerance);
    });
  }
});
