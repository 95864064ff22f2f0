import { AiprodError } from '../../errors';
import { numberAttribute } from '../attributes';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { emptyHostTensor, rowMajorStrides, type Shape, type TensorType } from '../types';
import { resolveAxis } from './axes';
import { slice } from './slice';
import { copyCall, copyStrided, isFloat, stridedCopy, type StridedCopy } from './strided-copy';

/** One copy for each input, into its part of the output. */
function parts(inputs: readonly TensorType[], axis: number, output: Shape): StridedCopy[] {
  const to = rowMajorStrides(output);
  let start = 0;
  return inputs.map(({ shape }) => {
    const copy = stridedCopy(shape, rowMajorStrides(shape), to, 0, start * to[axis]);
    start += shape[axis];
    return copy;
  });
}

/** Joins values along one axis; each input is copied by a dispatch of its own. */
export const concatOperation = defineOperation({
  name: 'concat',

  infer(inputs, attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const [first] = inputs;
    let size = 0;
    for (const { shape, dtype } of inputs) {
      const fits = shape.length === first.shape.length && shape.every((other, k) => k === axis || other === first.shape[k]);
      if (!fits || dtype !== first.dtype) {
        throw new AiprodError('shape-mismatch', 'concat joins values of different types', {
          expected: `sizes of [${first.shape.join(', ')}]${first.dtype} in all axes but ${axis}`,
          found: `[${shape.join(', ')}]${dtype}`,
        });
      }
      size += shape[axis];
    }
    return { shape: first.shape.map((other, k) => (k === axis ? size : other)), dtype: first.dtype };
  },

  reference(inputs, attributes, output) {
    const result = emptyHostTensor(output);
    parts(inputs, numberAttribute(attributes, 'axis'), output.shape).forEach((copy, k) => copyStrided(copy, inputs[k].data, result.data));
    return result;
  },

  lower(request) {
    const copies = parts(request.inputs, numberAttribute(request.attributes, 'axis'), request.output.shape);
    return { calls: copies.map((copy, index) => copyCall(request, index, copy)) };
  },

  absorbsEpilogue: ([first]) => isFloat(first),

  gradient({ inputs, gradient, attributes, wants }) {
    const axis = numberAttribute(attributes, 'axis');
    let start = 0;
    return inputs.map(({ shape }, index) => {
      const part = wants(index) ? slice(gradient, axis, start, shape[axis]) : undefined;
      start += shape[axis];
      return part;
    });
  },
});

/**
 * Joins values along an existing axis (negative counts from the end); all other sizes and the storage types agree.
 * @throws AiprodError `shape-mismatch`.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) throw new AiprodError('internal', 'concat of nothing');
  if (tensors.length === 1) return tensors[0];
  return tensors[0].tracer.apply('concat', tensors, { axis: resolveAxis(axis, tensors[0].shape, 'concat') });
}
