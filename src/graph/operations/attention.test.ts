import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../evaluate';
import { relativeError } from '../testing';
import { Tracer } from '../tracer';
import type { Shape } from '../types';
import { attention, type AttentionOptions } from './attention';
import { attentionGoldenCases, goldenAttention } from './attention.golden';

describe('attention', () => {
  for (const name of attentionGoldenCases) {
    it(`is PyTorch's ${name} on the CPU`, async () => {
      const { graph, inputs, expected, tolerance } = goldenAttention(name);
      const result = await evaluateGraph(graph, inputs, () => new Float32Array());
      expect(relativeError(result.get('y')?.data ?? [], expected)).toBeLessThan(tolerance);
    });
  }

  const traced = (q: Shape, k: Shape, v: Shape, options: AttentionOptions & { biasShape?: Shape } = {}): Shape => {
    const tracer = new Tracer();
    const { biasShape, ...rest } = options;
    const bias = biasShape === undefined ? {} : { bias: tracer.input('bias', biasShape) };
    return attention(tracer.input('q', q), tracer.input('k', k), tracer.input('v', v), { ...rest, ...bias }).shape;
  };

  it('gives the shape of the queries', () => {
    expect(traced([2, 5, 4, 8], [2, 7, 2, 8], [2, 7, 2, 8], { biasShape: [4, 1, 7] })).toEqual([2, 5, 4, 8]);
  });

  it('names operands that do not fit', () => {
    expect(() => traced([2, 5, 4, 8], [2, 7, 3, 8], [2, 7, 3, 8])).toThrow('a multiple of the key heads');
    expect(() => traced([2, 5, 4, 8], [2, 7, 4, 8], [2, 6, 4, 8])).toThrow('k and v of one shape');
    expect(() => traced([2, 5, 4, 8], [1, 7, 4, 8], [1, 7, 4, 8])).toThrow('the same B and D');
    expect(() => traced([5, 4, 8], [7, 4, 8], [7, 4, 8])).toThrow('q [B, N, H, D]');
    expect(() => traced([2, 5, 4, 8], [2, 7, 4, 8], [2, 7, 4, 8], { biasShape: [5, 6] })).toThrow('broadcasts to [2, 4, 5, 7]');
    expect(() => traced([2, 5, 4, 8], [2, 7, 4, 8], [2, 7, 4, 8], { window: 1.5 })).toThrow('a positive integer');
  });
});
