import { AiprodError } from '../../errors';
import { normalQuantileTable, randomNormal as randomNormalValues } from '../../numeric/random';
import { numberAttribute, numbersAttribute } from '../attributes';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor, Tracer } from '../tracer';
import { elementCount, type Shape } from '../types';

/** Standard normal noise from a seed, the same bits on every machine (src/numeric/random.ts). */
export const randomNormalOperation = defineOperation({
  name: 'randomNormal',

  infer([seed], attributes) {
    if (seed.dtype !== 'u32' || elementCount(seed.shape) !== 2) {
      throw new AiprodError('shape-mismatch', 'randomNormal needs a seed', {
        expected: '[2]u32, low word first',
        found: `[${seed.shape.join(', ')}]${seed.dtype}`,
      });
    }
    return { shape: numbersAttribute(attributes, 'shape'), dtype: 'f32' };
  },

  reference([seed], attributes, output) {
    const words = BigInt(seed.data[0]) | (BigInt(seed.data[1]) << 32n);
    return { ...output, data: randomNormalValues(words, numberAttribute(attributes, 'stream'), elementCount(output.shape)) };
  },

  lower({ output, attributes }) {
    const count = elementCount(output.shape);
    return {
      calls: [
        {
          kernel: 'random/normal',
          operands: [{ kind: 'input', index: 1 }, { kind: 'output' }, { kind: 'input', index: 0 }],
          uniforms: [{ u32: numberAttribute(attributes, 'stream') }, { u32: count }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
        },
      ],
    };
  },
});

/**
 * Standard normal noise, f32.
 * @param seed [2]u32, low word first
 * @param stream 0 to 2^32 - 1: one number for each independent draw made with the same seed
 */
export function randomNormal(tracer: Tracer, shape: Shape, options: { seed: Tensor; stream: number }): Tensor {
  const table = normalQuantileTable();
  return tracer.apply('randomNormal', [options.seed, tracer.constant(table, [table.length])], { shape, stream: options.stream });
}
