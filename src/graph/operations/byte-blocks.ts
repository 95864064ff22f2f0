import { AiprodError } from '../../errors';
import { absolute, reshape } from '../arithmetic';
import { numbersAttribute } from '../attributes';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor, type Shape, type TensorType } from '../types';
import { pad } from './pad';
import { max } from './reduce';

/** Values that share a factor. */
export const byteBlockSize = 256;

/** Words of codes, and factors, that values take. */
export function byteBlockSizes(shape: Shape): { readonly words: number; readonly blocks: number } {
  const count = elementCount(shape);
  return { words: Math.ceil(count / 4), blocks: Math.ceil(count / byteBlockSize) };
}

function requireBlocks(shape: Shape, maxima: TensorType, table: TensorType): void {
  const { blocks } = byteBlockSizes(shape);
  if (elementCount(maxima.shape) === blocks && elementCount(table.shape) === 256) return;
  throw new AiprodError('shape-mismatch', 'values in bytes need a factor for each block, and a table', {
    expected: `${blocks} factors and 256 values`,
    found: `${elementCount(maxima.shape)} and ${elementCount(table.shape)}`,
  });
}

/** The table's entry nearest to a value, the lower one of two. */
function nearest(value: number, table: ArrayLike<number>): number {
  let low = 0;
  for (let step = 128; step > 0; step >>= 1) if (table[low + step] <= value) low += step;
  const above = Math.min(low + 1, 255);
  return table[above] - value < value - table[low] ? above : low;
}

/** Values from codes of a table of 256, in blocks that share a factor. */
export const decodeBlocksOperation = defineOperation({
  name: 'decodeBlocks',

  infer([codes, maxima, table], attributes) {
    const shape = numbersAttribute(attributes, 'shape');
    requireBlocks(shape, maxima, table);
    if (codes.dtype !== 'u32' || elementCount(codes.shape) !== byteBlockSizes(shape).words) {
      throw new AiprodError('shape-mismatch', 'there are other codes than values', { expected: `${byteBlockSizes(shape).words} words` });
    }
    return { shape, dtype: 'f32' };
  },

  reference([codes, maxima, table], _attributes, output) {
    const result = emptyHostTensor(output);
    for (let i = 0; i < result.data.length; i++) {
      const code = (codes.data[i >> 2] >>> (8 * (i & 3))) & 255;
      result.data[i] = table.data[code] * maxima.data[Math.floor(i / byteBlockSize)];
    }
    return result;
  },

  lower({ output }) {
    const count = elementCount(output.shape);
    return {
      calls: [
        {
          kernel: 'optimizer/decode_blocks',
          operands: [{ kind: 'output' }, ...[0, 1, 2].map((index) => ({ kind: 'input' as const, index }))],
          uniforms: [{ u32: count }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
        },
      ],
    };
  },
});

/** Codes of the nearest values of a table of 256, four a word. */
export const encodeBlocksOperation = defineOperation({
  name: 'encodeBlocks',

  infer([x, maxima, table]) {
    requireBlocks(x.shape, maxima, table);
    return { shape: [byteBlockSizes(x.shape).words], dtype: 'u32' };
  },

  reference([x, maxima, table], _attributes, output) {
    const result = emptyHostTensor(output);
    for (let i = 0; i < x.data.length; i++) {
      const factor = maxima.data[Math.floor(i / byteBlockSize)];
      const code = nearest(factor > 0 ? Math.fround(x.data[i] / factor) : 0, table.data);
      result.data[i >> 2] |= code << (8 * (i & 3));
    }
    return result;
  },

  lower({ inputs: [x] }) {
    const count = elementCount(x.shape);
    return {
      calls: [
        {
          kernel: 'optimizer/encode_blocks',
          operands: [{ kind: 'output' }, ...[0, 1, 2].map((index) => ({ kind: 'input' as const, index }))],
          uniforms: [{ u32: count }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
        },
      ],
    };
  },
});

/**
 * Values kept in a byte each (block-wise quantisation, Dettmers et al. 2022, "8-bit Optimizers via Block-wise Quantization").
 * @param codes u32 [ceil(n / 4)], four a word
 * @param maxima f32 [ceil(n / 256)], what the largest magnitude of each block was
 * @param table f32 [256], rising
 * @returns f32 of the shape
 */
export function decodeBlocks(codes: Tensor, maxima: Tensor, table: Tensor, shape: Shape): Tensor {
  return codes.tracer.apply('decodeBlocks', [codes, maxima, table], { shape });
}

/** The largest magnitude of each block of 256, f32 [ceil(n / 256)]. @param x f32 */
export function blockMaxima(x: Tensor): Tensor {
  const count = elementCount(x.shape);
  const { blocks } = byteBlockSizes(x.shape);
  const flat = reshape(x, [count]);
  const missing = blocks * byteBlockSize - count;
  const whole = missing === 0 ? flat : pad(flat, [[0, missing]], 'zeros');
  return max(absolute(reshape(whole, [blocks, byteBlockSize])), [1]);
}

/** What {@link decodeBlocks} reads: the codes of the table's values that are nearest to x over its block's maximum. @param x f32 */
export function encodeBlocks(x: Tensor, maxima: Tensor, table: Tensor): Tensor {
  return x.tracer.apply('encodeBlocks', [x, maxima, table], {});
}
