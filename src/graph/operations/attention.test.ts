import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../evaluate';
import { plainestCapabilities, type Capabilities } from '../operation';
import { relativeError } from '../testing';
import { Tracer } from '../tracer';
import type { Shape } from '../types';
import { attention, type AttentionOptions } from './attention';
import { lowerAttention } from './attention-kernels';
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

describe('attention kernel selection', () => {
  const lowered = (head: number, capabilities: Partial<Capabilities>, forceKernel?: string) => {
    const q = { shape: [2, 70, 4, head], dtype: 'f32' as const };
    const kv = { shape: [2, 33, 2, head], dtype: 'f32' as const };
    return lowerAttention({
      inputs: [q, kv, kv, { shape: [2, 1, 1, 33], dtype: 'f32' }],
      output: q,
      attributes: { scale: 0.5, causal: false, window: 0 },
      capabilities: { ...plainestCapabilities, ...capabilities },
      ...(forceKernel === undefined ? {} : { forceKernel }),
    }).calls[0];
  };
  const processor = { software: true, subgroups: true };

  it('follows the device and what its workgroup memory holds', () => {
    expect(lowered(64, {})).toMatchObject({
      kernel: 'attention/workgroup_tile',
      constants: { HEAD: 64, CHUNKS: 2 },
      workgroups: [3 * 4 * 2, 1, 1],
    });
    expect(lowered(64, processor)).toMatchObject({
      kernel: 'attention/quad_tile',
      constants: { HEAD: 64, QUADS: 4 },
      workgroups: [5 * 4 * 2, 1, 1],
    });
    expect(lowered(384, processor).kernel).toBe('attention/workgroup_tile');
    expect(lowered(384, { ...processor, maxWorkgroupStorageBytes: 32_768 }).kernel).toBe('attention/quad_tile');
    expect(lowered(64, { software: true }).kernel).toBe('attention/workgroup_tile');
  });

  it('reads a broadcast bias by strides', () => {
    const words = lowered(10, {}).uniforms ?? [];
    expect(words.slice(6, 10)).toEqual([{ u32: 33 }, { u32: 0 }, { u32: 0 }, { u32: 1 }]);
    expect(lowered(10, {}).conditions).toMatchObject({ vector: false, bias: true });
  });

  it('obeys a forced kernel, or says that it cannot', () => {
    expect(lowered(64, processor, 'attention/workgroup_tile').kernel).toBe('attention/workgroup_tile');
    expect(() => lowered(64, {}, 'attention/quad_tile')).toThrow('cannot attend');
  });
});
