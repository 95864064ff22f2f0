import { AiprodError } from '../../errors';
import { numberAttribute } from '../attributes';
import { bindingAlignment, defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { bytesPerElement, elementCount, rowMajorStrides, type Shape, type TensorType } from '../types';
import { resolveAxis } from './axes';
import { pad } from './pad';
import { copiedTensor, copyCall, isFloat, stridedCopy, type StridedCopy } from './strided-copy';

function cut(shape: Shape, attributes: Attributes): { sizes: number[]; copy: StridedCopy } {
  const axis = numberAttribute(attributes, 'axis');
  const sizes = [...shape];
  sizes[axis] = numberAttribute(attributes, 'length');
  const strides = rowMajorStrides(shape);
  return { sizes, copy: stridedCopy(sizes, strides, rowMajorStrides(sizes), numberAttribute(attributes, 'start') * strides[axis]) };
}

/**
 * The element at which the range begins, where the range is one stretch of the input's memory that a binding can begin at; such a
 * slice costs nothing. Undefined where it has to be copied.
 */
function viewedFrom(x: TensorType, attributes: Attributes): number | undefined {
  const axis = numberAttribute(attributes, 'axis');
  const length = numberAttribute(attributes, 'length');
  if (length === x.shape[axis]) return 0;
  if (elementCount(x.shape.slice(0, axis)) !== 1) return undefined;
  const first = numberAttribute(attributes, 'start') * rowMajorStrides(x.shape)[axis];
  return (first * bytesPerElement[x.dtype]) % bindingAlignment === 0 ? first : undefined;
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
    const [x] = request.inputs;
    const viewFrom = request.epilogue === undefined ? viewedFrom(x, request.attributes) : undefined;
    return viewFrom === undefined ? { calls: [copyCall(request, 0, cut(x.shape, request.attributes).copy)] } : { viewFrom };
  },

  // Arithmetic behind a view can go into the kernel that reads it.
  absorbsEpilogue: ([x], attributes) => isFloat(x) && viewedFrom(x, attributes) === undefined,

  gradient({ inputs: [x], gradient, attributes }) {
    const axis = numberAttribute(attributes, 'axis');
    const before = numberAttribute(attributes, 'start');
    const after = x.shape[axis] - before - gradient.shape[axis];
    if (before === 0 && after === 0) return [gradient];
    return [
      pad(
        gradient,
        x.shape.map((_, k): [number, number] => (k === axis ? [before, after] : [0, 0])),
      ),
    ];
  },
});

/**
 * Elements `start` to `start + length - 1` of one axis (negative counts from the end).
 * @throws AiprodError `shape-mismatch` when the range leaves the axis or is empty.
 */
export function slice(x: Tensor, axis: number, start: number, length: number): Tensor {
  return x.tracer.apply('slice', [x], { axis: resolveAxis(axis, x.shape, 'slice'), start, length });
}
