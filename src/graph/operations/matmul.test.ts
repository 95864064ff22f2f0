import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../evaluate';
import { Tracer } from '../tracer';
import type { Shape } from '../types';
import { linear, matmul } from './matmul';

async function evaluated(a: Shape, b: Shape, transposeB: boolean): Promise<{ shape: Shape; data: number[] }> {
  const tracer = new Tracer();
  const count = (shape: Shape): number => shape.reduce((x, y) => x * y, 1);
  tracer.output('y', matmul(tracer.input('a', a), tracer.input('b', b), { transposeB }));
  const inputs = { a: Float32Array.from({ length: count(a) }, (_, k) => k + 1), b: Float32Array.from({ length: count(b) }, (_, k) => k + 1) };
  const y = (await evaluateGraph(tracer.finish(), inputs, () => new Float32Array())).get('y');
  return { shape: y?.shape ?? [], data: [...(y?.data ?? [])] };
}

describe('matmul', () => {
  it('multiplies, with either layout of the second matrix', async () => {
    expect(await evaluated([2, 3], [3, 2], false)).toEqual({ shape: [2, 2], data: [22, 28, 49, 64] });
    expect(await evaluated([2, 3], [2, 3], true)).toEqual({ shape: [2, 2], data: [14, 32, 32, 77] });
  });

  it('folds leading dimensions or multiplies batch by batch', async () => {
    expect(await evaluated([3], [3, 2], false)).toEqual({ shape: [2], data: [22, 28] });
    expect(await evaluated([2, 1, 2], [2, 2], false)).toEqual({ shape: [2, 1, 2], data: [7, 10, 15, 22] });
    expect(await evaluated([2, 1, 2], [2, 2, 1], false)).toEqual({ shape: [2, 1, 1], data: [5, 25] });
  });

  it('names operands that do not fit', () => {
    const tracer = new Tracer();
    const input = (name: string, shape: Shape) => tracer.input(name, shape);
    expect(() => matmul(input('a', [2, 3]), input('b', [4, 2]))).toThrow('[..., M, K] and [..., K, N]');
    expect(() => linear(input('c', [2, 3]), input('d', [4, 2]))).toThrow('[..., M, K] and [..., N, K]');
    expect(() => matmul(input('e', [2, 3, 4]), input('f', [3, 4, 5]))).toThrow('batches');
    expect(() => matmul(input('g', [2]), input('h', [2]))).toThrow('needs matrices');
  });
});
