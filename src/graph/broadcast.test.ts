import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { broadcastShapes, broadcastStrides, collapseBroadcast } from './broadcast';
import { indexExpression } from './pointwise/wgsl';
import { elementCount, rowMajorStrides, type Shape } from './types';

/** An output shape and an input shape that broadcasts to it. */
const broadcastPair = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), repeated: fc.boolean() }), { minLength: 0, maxLength: 5 })
  .chain((dimensions) =>
    fc.integer({ min: 0, max: dimensions.length }).map((dropped) => ({
      to: dimensions.map(({ size }) => size),
      from: dimensions.slice(dropped).map(({ size, repeated }) => (repeated ? 1 : size)),
    })),
  );

function indexByStrides(from: Shape, to: Shape, flat: number): number {
  const strides = broadcastStrides(from, to);
  return rowMajorStrides(to).reduce((sum, stride, axis) => sum + (Math.floor(flat / stride) % to[axis]) * strides[axis], 0);
}

describe('broadcasting', () => {
  it('follows the trailing-dimension rule', () => {
    expect(broadcastShapes([4, 1, 3], [5, 1], 'test')).toEqual([4, 5, 3]);
    expect(() => broadcastShapes([2, 3], [4], 'test')).toThrow(AiprodError);
  });

  it('collapses dimensions without changing the index map', () => {
    fc.assert(
      fc.property(broadcastPair, ({ from, to }) => {
        for (let flat = 0; flat < elementCount(to); flat++) {
          const collapsed = collapseBroadcast(from, to).reduce(
            (sum, { size, outputStride, inputStride }) => sum + (Math.floor(flat / outputStride) % size) * inputStride,
            0,
          );
          expect(collapsed).toBe(indexByStrides(from, to, flat));
        }
      }),
    );
  });

  it('generates WGSL index maps that say the same', () => {
    fc.assert(
      fc.property(broadcastPair, ({ from, to }) => {
        const code = indexExpression(from, to).replaceAll(/(\d)u\b/g, '$1');
        // The generated text uses only integers, `/`, `%`, `*`, `+`: the same text is JavaScript once division truncates.
        const integerCode = code.replaceAll(/index \/ (\d+)/g, 'Math.floor(index / $1)');
        const evaluate = new Function('index', `return ${integerCode};`) as (index: number) => number;
        for (let flat = 0; flat < elementCount(to); flat++) expect(evaluate(flat)).toBe(indexByStrides(from, to, flat));
      }),
    );
  });
});
