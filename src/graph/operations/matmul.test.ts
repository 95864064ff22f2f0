import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../evaluate';
import { plainestCapabilities, type Capabilities } from '../operation';
import { Tracer } from '../tracer';
import type { Shape } from '../types';
import { linear, matmul } from './matmul';
import { lowerMatmul } from './matmul-kernels';

async function evaluated(a: Shape, b: Shape, transposeB: boolean): Promise<{ shape: Shape; data: number[] }> {
  const tracer = new Tracer();
  const count = (shape: Shape): number => shape.reduce((x, y) => x * y, 1);
  tracer.output('y', matmul(tracer.input('a', a), tracer.input('b', b), { transposeB }));
  const inputs = {
    a: Float32Array.from({ length: count(a) }, (_, k) => k + 1),
    b: Float32Array.from({ length: count(b) }, (_, k) => k + 1),
  };
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

describe('matmul kernel selection', () => {
  const lowered = (a: Shape, b: Shape, capabilities: Partial<Capabilities>, forceKernel?: string) =>
    lowerMatmul({
      inputs: [a, b].map((shape) => ({ shape, dtype: 'f32' })),
      output: { shape: [...a.slice(0, -1), b[b.length - 2]], dtype: 'f32' },
      attributes: { transposeB: true },
      capabilities: { ...plainestCapabilities, ...capabilities },
      ...(forceKernel === undefined ? {} : { forceKernel }),
    }).calls[0];
  const processor = { software: true, subgroups: true };

  it('follows the device and the number of rows', () => {
    expect(lowered([512, 64], [128, 64], {}).kernel).toBe('matmul/workgroup_tile');
    expect(lowered([2, 64], [128, 64], {}).kernel).toBe('matmul/split_inner');
    expect(lowered([512, 64], [128, 64], processor)).toMatchObject({
      kernel: 'matmul/quad_tile',
      conditions: { four_rows: true, eight_rows: false },
      features: ['subgroups'],
    });
    const quads = { ...processor, subgroupMinSize: 4 };
    expect(lowered([512, 64], [128, 64], quads).conditions).toMatchObject({ four_rows: true, eight_rows: true });
    expect(lowered([48, 64], [128, 64], quads).conditions).toMatchObject({ four_rows: true, eight_rows: false });
    expect(lowered([5, 64], [128, 64], processor).conditions).toMatchObject({ four_rows: false, vector: true, vector_store: true });
    expect(lowered([2, 64], [128, 64], processor).kernel).toBe('matmul/register_tile');
    expect(lowered([512, 64], [128, 64], { software: true }).kernel).toBe('matmul/register_tile');
  });

  it('covers the result with one folded grid', () => {
    expect(lowered([130, 64], [130, 64], {}).workgroups).toEqual([9, 1, 1]);
    const [columns, rows] = lowered([16 * 70_000, 8], [8, 8], processor).workgroups;
    expect(columns).toBeLessThanOrEqual(65_535);
    expect(columns * rows).toBeGreaterThanOrEqual(70_000);
    expect(lowered([3, 20, 64], [3, 64, 64], {}).workgroups).toEqual([3, 1, 1]);
  });

  it('obeys a forced kernel, or says that it cannot', () => {
    expect(lowered([512, 64], [128, 64], {}, 'matmul/register_tile').kernel).toBe('matmul/register_tile');
    expect(() => lowered([512, 64], [128, 64], {}, 'matmul/quad_tile')).toThrow('cannot multiply');
    expect(() => lowered([512, 64], [128, 64], {}, 'matmul/split_inner')).toThrow('cannot multiply');
  });
});
