import { AiprodError } from '../../errors';
import { add, reshape } from '../arithmetic';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor, sameShape, type Shape, type TensorType } from '../types';
import { lowerMatmul } from './matmul-kernels';
import { permute } from './permute';

/** Sizes of a matrix product after the leading dimensions are folded: [batch, m, k] times [batch or 1, k, n]. */
export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** False when one B serves the whole batch; A's leading dimensions are then part of m and batch is 1. */
  readonly batchedB: boolean;
}

/** Folds leading dimensions: a B without them lets all rows of A be one tall matrix. */
export function matmulSizes(a: Shape, b: Shape, transposeB: boolean): MatmulSizes {
  const [k, n] = transposeB ? [b[b.length - 1], b[b.length - 2]] : [b[b.length - 2], b[b.length - 1]];
  if (b.length === 2) return { batch: 1, m: elementCount(a.slice(0, -1)), n, k, batchedB: false };
  return { batch: elementCount(a.slice(0, -2)), m: a[a.length - 2], n, k, batchedB: true };
}

/** Matrix product with f32 accumulation; see `matmul` for the shapes. */
export const matmulOperation = defineOperation({
  name: 'matmul',

  infer([a, b], attributes): TensorType {
    const transposeB = attributes.transposeB === true;
    const layout = transposeB ? '[N, K]' : '[K, N]';
    const found = `[${a.shape.join(', ')}] and [${b.shape.join(', ')}]`;
    if (a.shape.length < 1 || b.shape.length < 2) {
      throw new AiprodError('shape-mismatch', 'matmul needs matrices', { expected: `[..., M, K] and ${layout}`, found });
    }
    if (b.shape.length > 2 && (a.shape.length !== b.shape.length || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)))) {
      throw new AiprodError('shape-mismatch', 'the batches of a matmul differ', {
        expected: `a second operand ${layout}, or one with the leading dimensions of the first`,
        found,
      });
    }
    const { n, k } = matmulSizes(a.shape, b.shape, transposeB);
    if (a.shape[a.shape.length - 1] !== k) {
      throw new AiprodError('shape-mismatch', 'the inner sizes of a matmul differ', {
        expected: `[..., M, K] and [..., ${layout.slice(1)}`,
        found,
      });
    }
    return { shape: [...a.shape.slice(0, -1), n], dtype: a.dtype };
  },

  reference([a, b], attributes, output) {
    const transposeB = attributes.transposeB === true;
    const { batch, m, n, k, batchedB } = matmulSizes(a.shape, b.shape, transposeB);
    const result = emptyHostTensor(output);
    const [stepK, stepN] = transposeB ? [1, k] : [n, 1];
    for (let z = 0; z < batch; z++) {
      const startB = batchedB ? z * k * n : 0;
      for (let row = 0; row < m; row++) {
        const startA = (z * m + row) * k;
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let i = 0; i < k; i++) sum += a.data[startA + i] * b.data[startB + i * stepK + column * stepN];
          result.data[(z * m + row) * n + column] = sum;
        }
      }
    }
    return result;
  },

  lower: lowerMatmul,

  absorbsEpilogue: () => true,

  decodes: ([, b], attributes) => (attributes.transposeB === true && b.shape.length === 2 ? { input: 1, rows: 'first' } : undefined),

  gradient({ inputs: [a, b], gradient, attributes, wants }) {
    const transposeB = attributes.transposeB === true;
    const { m, n, k, batchedB } = matmulSizes(a.shape, b.shape, transposeB);
    const rows = batchedB ? a : reshape(a, [m, k]);
    const results = batchedB ? gradient : reshape(gradient, [m, n]);
    const byB = (): Tensor => (transposeB ? matmul(transposed(results), rows) : matmul(transposed(rows), results));
    return [wants(0) ? matmul(gradient, b, { transposeB: !transposeB }) : undefined, wants(1) ? byB() : undefined];
  },
});

/** The last two axes swapped. */
function transposed(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  return permute(x, [...x.shape.keys()].slice(0, -2).concat(last, last - 1));
}

/**
 * Matrix product.
 * @param a [..., M, K] (or [K], a single row).
 * @param b [K, N], or [N, K] with `transposeB` (PyTorch's weight layout); or either of them with the leading dimensions of `a`.
 * @returns [..., M, N] in the storage type of `a`, accumulated in f32.
 * @throws AiprodError `shape-mismatch`.
 */
export function matmul(a: Tensor, b: Tensor, options: { transposeB?: boolean } = {}): Tensor {
  return a.tracer.apply('matmul', [a, b], { transposeB: options.transposeB === true });
}

/**
 * A dense layer, x · weightᵀ + bias.
 * @param x [..., K]
 * @param weight [N, K], as PyTorch stores it.
 * @param bias [N]
 * @returns [..., N]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const product = matmul(x, weight, { transposeB: true });
  return bias === undefined ? product : add(product, bias, product.dtype);
}
