import { AiprodError } from '../../errors';
import { numberAttribute } from '../attributes';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { rowMajorStrides, type Shape } from '../types';
import { resolveAxis } from './axes';
import { copiedTensor, copyCall, isFloat, stridedCopy, type StridedCopy } from './strided-copy';

function cut(shape: Shape, attributes: Attributes): { sizes: number[]; copy: StridedCopy } {
  const axis = numberAttribute(attributes, 'axis');
  const sizes = [...shape];
  sizes[axis] = numberAttribute(attributes, 'length');
  const strides = rowMajorStrides(shape);
  return { sizes, copy: stridedCopy(sizes, strides, rowMajorStrides(sizes), numberAttribute(attributes, 'start') * strides[axis]) };
}

/** A range of one axis. */
export const sliceOperation = defineOperation({
  name: 'slice',

  infer([x], attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const start = numberAttribute(attributes, 'start');
    const length = numberAttribute(attributes, 'length');
    const whole = Number.isInteger(start) && Number.isInteger(length);
    if (!whole || start < 0 || length < 1 || start + length > x.shape[axis]) {
      throw new AiprodError('shape-mismatch', 'slice leaves its axis', {
        expected: `a range of at least 1 within 0 to ${x.shape[axis]}`,
        found: `start ${start}, length ${length}`,
      });
    }
    return { shape: cut(x.shape, attributes).sizes, dtype: x.dtype };
  },

  reference: ([x], attributes, output) => copiedTensor(cut(x.shape, attributes).copy, x, output),

  lower(request) {
    const { shape } = request.inputs[0];
    const whole = numberAttribute(request.attributes, 'length') === shape[numberAttribute(request.attributes, 'axis')];
    if (whole && request.epilogue === undefined) return null;
    return { calls: [copyCall(request, 0, cut(shape, request.attributes).copy)] };
  },

  absorbsEpilogue: ([x]) => isFloat(x),
});

/**
 * Elements `start` to `start + length - 1` of one axis (negative counts from the end).
 * @throws AiprodError `shape-mismatch` when the range leaves the axis or is empty.
 */
export function slice(x: Tensor, axis: number, start: number, length: number): Tensor {
  return x.tracer.apply('slice', [x], { axis: resolveAxis(axis, x.shape, 'slice'), start, length });
}
