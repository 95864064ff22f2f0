import { AiprodError } from '../../errors';
import { philox } from '../../numeric/random';
import { numberAttribute } from '../attributes';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor } from '../types';

/** The encoding of what `roundBf16` makes, and of the parameters that it may update. */
export const roundedEncoding = { encoding: 'bf16', rows: 'first' } as const;

/** Values as bfloat16, rounded at random to one of the two neighbours so that the mean is the value. */
export const roundBf16Operation = defineOperation({
  name: 'roundBf16',

  infer([x, seed]) {
    if (x.shape.length !== 2 || x.dtype !== 'f32' || seed.dtype !== 'u32' || elementCount(seed.shape) !== 2) {
      throw new AiprodError('shape-mismatch', 'roundBf16 needs a matrix and a seed', {
        expected: '[rows, inner]f32 and [2]u32',
        found: `[${x.shape.join(', ')}]${x.dtype} and [${seed.shape.join(', ')}]${seed.dtype}`,
      });
    }
    return { shape: x.shape, dtype: 'f32' };
  },

  reference([x, seed], attributes, output) {
    const result = emptyHostTensor(output);
    const [rows, inner] = x.shape;
    const quads = Math.ceil(inner / 4);
    const value = new Float32Array(1);
    const bits = new Uint32Array(value.buffer);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < inner; column++) {
        const random = philox([row * quads + (column >> 2), 0, numberAttribute(attributes, 'stream'), 0], [seed.data[0], seed.data[1]]);
        value[0] = x.data[row * inner + column];
        bits[0] = (bits[0] + (random[column % 4] & 0xffff)) & 0xffff0000;
        result.data[row * inner + column] = value[0];
      }
    }
    return result;
  },

  lower({ inputs: [x], output, attributes }) {
    if (output.encoding?.encoding !== 'bf16') throw new AiprodError('internal', 'roundBf16 makes values that are stored as bf16');
    const [rows, inner] = x.shape;
    return {
      calls: [
        {
          kernel: 'optimizer/round_bf16',
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }],
          uniforms: [rows, inner, numberAttribute(attributes, 'stream')].map((u32) => ({ u32 })),
          workgroups: foldedGrid(rows * Math.ceil(inner / 4), 64),
        },
      ],
    };
  },
});

/**
 * What a parameter kept in {@link roundedEncoding} is updated to (stochastic rounding; Gupta et al. 2015, "Deep Learning with Limited
 * Numerical Precision"). The node has to be given that encoding before it is planned.
 * @param x [rows, inner], f32, finite
 * @param seed [2] u32, low word first
 * @param stream one number for each parameter that is rounded with the same seed
 */
export function roundBf16(x: Tensor, { seed, stream }: { readonly seed: Tensor; readonly stream: number }): Tensor {
  return x.tracer.apply('roundBf16', [x, seed], { stream });
}
