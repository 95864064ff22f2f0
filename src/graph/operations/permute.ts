import { AiprodError } from '../../errors';
import { numbersAttribute } from '../attributes';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { rowMajorStrides, type Shape } from '../types';
import { resolveAxis } from './axes';
import { copiedTensor, copyCall, isFloat, stridedCopy, type StridedCopy } from './strided-copy';

function permutation(shape: Shape, attributes: Attributes): StridedCopy {
  const axes = numbersAttribute(attributes, 'axes');
  const strides = rowMajorStrides(shape);
  const sizes = axes.map((axis) => shape[axis]);
  return stridedCopy(
    sizes,
    axes.map((axis) => strides[axis]),
    rowMajorStrides(sizes),
  );
}

/** Reorders dimensions. When only dimensions of size 1 move, nothing is copied. */
export const permuteOperation = defineOperation({
  name: 'permute',

  infer([x], attributes) {
    const axes = numbersAttribute(attributes, 'axes');
    if (axes.length !== x.shape.length || new Set(axes).size !== axes.length || !axes.every((axis) => axis in x.shape)) {
      throw new AiprodError('shape-mismatch', 'the axes of permute are no reordering', {
        expected: `each of 0 to ${x.shape.length - 1} once`,
        found: `[${axes.join(', ')}]`,
      });
    }
    return { shape: axes.map((axis) => x.shape[axis]), dtype: x.dtype };
  },

  reference: ([x], attributes, output) => copiedTensor(permutation(x.shape, attributes), x, output),

  lower(request) {
    const copy = permutation(request.inputs[0].shape, request.attributes);
    const unmoved = copy.dimensions.every((dimension) => dimension.from === dimension.to);
    if (unmoved && request.epilogue === undefined) return { viewFrom: 0 };
    return { calls: [copyCall(request, 0, copy)] };
  },

  absorbsEpilogue: ([x]) => isFloat(x),

  gradient({ gradient, attributes }) {
    const axes = numbersAttribute(attributes, 'axes');
    return [
      permute(
        gradient,
        axes.map((_, axis) => axes.indexOf(axis)),
      ),
    ];
  },
});

/**
 * Reorders dimensions: dimension `k` of the result is dimension `axes[k]` of `x` (negative counts from the end).
 * @throws AiprodError `shape-mismatch`.
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  return x.tracer.apply('permute', [x], { axes: axes.map((axis) => resolveAxis(axis, x.shape, 'permute')) });
}
