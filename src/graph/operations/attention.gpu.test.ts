import { describe, expect, it } from 'vitest';
import { multiply } from '../arithmetic';
import { runGraph } from '../executor';
import type { Graph } from '../graph';
import { expectGpuMatchesReference, relativeError, testContext, testValues } from '../testing';
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
}

const cases: readonly Case[] = [
  { q: [1, 1, 1, 8], keys: 1 },
  { q: [1, 5, 1, 3], keys: 6 },
  { q: [2, 33, 3, 10], keys: 7 },
  { q: [1, 70, 2, 64], keys: 131 },
  { q: [2, 40, 4, 32], keys: 128, keyHeads: 2 },
  { q: [1, 37, 4, 128], keys: 45, keyHeads: 1, scale: 1 },
  { q: [1, 9, 1, 256], keys: 21 },
  { q: [1, 6, 1, 200], keys: 9 },
  { q: [1, 67, 2, 16], keys: 67, causal: true },
  { q: [1, 21, 2, 16], keys: 40, causal: true },
  { q: [1, 40, 2, 16], keys: 21, causal: true },
  { q: [2, 150, 2, 16], keys: 150, window: 5 },
  { q: [1, 90, 2, 6], keys: 50, window: 33 },
  { q: [2, 19, 3, 24], keys: 14, bias: [2, 3, 19, 14] },
  { q: [2, 19, 3, 24], keys: 14, bias: [2, 1, 1, 14] },
  { q: [2, 19, 3, 24], keys: 14, bias: [3, 19, 14] },
  { q: [2, 19, 3, 24], keys: 14, bias: [1, 3, 19, 1] },
  { q: [2, 35, 4, 20], keys: 35, keyHeads: 2, bias: [1, 1, 35, 35], causal: true },
  { q: [2, 35, 4, 20], keys: 35, keyHeads: 2, bias: [35], window: 9 },
];

function attentionGraph({ q, keys, keyHeads, bias, ...options }: Case, dtype: 'f32' | 'f16', epilogue: boolean): Graph {
  const tracer = new Tracer({ dtype });
  const [batch, , heads, head] = q;
  const kv = [batch, keys, keyHeads ?? heads, head];
  const y = attention(tracer.input('q', q), tracer.input('k', kv), tracer.input('v', kv), {
    ...options,
    ...(bias === undefined ? {} : { bias: tracer.input('bias', bias, 'f32') }),
  });
  tracer.output('y', epilogue ? multiply(y, tracer.input('gate', [q[1], 1, 1])) : y);
  return tracer.finish();
}

function values(graph: Graph): Record<string, Float32Array> {
  return Object.fromEntries([...graph.inputs].map(([name, id], seed) => [name, testValues(elementCount(graph.nodes[id].shape), seed + 1)]));
}

describe('attention on the GPU', () => {
  for (const sizes of cases) {
    it(`is the reference's ${JSON.stringify(sizes)}`, async () => {
      for (const epilogue of [false, true]) {
        const graph = attentionGraph(sizes, 'f32', epilogue);
        await expectGpuMatchesReference(graph, values(graph), 2e-6);
      }
    });

    it(`is the reference's ${JSON.stringify(sizes)} in f16`, async (test) => {
      const context = await testContext();
      if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
      const graph = attentionGraph(sizes, 'f16', true);
      await expectGpuMatchesReference(graph, values(graph), 5e-3);
    });
  }

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
    const graph = attentionGraph({ q: [1, 6, 1, 8], keys: 5, bias: [6, 5] }, 'f32', false);
    // Beside -10000 an f32 score keeps three decimals, in PyTorch as here.
    await expectGpuMatchesReference(graph, { ...values(graph), bias }, 2e-4);
    const result = await runGraph(await testContext(), graph, { ...values(graph), bias }, () => new Float32Array());
    expect([...(result.get('y')?.data.slice(8, 16) ?? [])]).toEqual(new Array(8).fill(0));
  });

  for (const name of attentionGoldenCases) {
    it(`is PyTorch's ${name}`, async () => {
      const { graph, inputs, expected, tolerance } = goldenAttention(name);
      const result = await runGraph(await testContext(), graph, inputs, () => new Float32Array());
      expect(relativeError(result.get('y')?.data ?? [], expected)).toBeLessThan(tolerance);
    });
  }
});
