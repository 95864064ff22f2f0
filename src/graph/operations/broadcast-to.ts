import { AiprodError } from '../../errors';
import { numbersAttribute } from '../attributes';
import { broadcastShapes, broadcastStrides } from '../broadcast';
import { sumTo } from '../gradients/sum-to';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { rowMajorStrides, sameShape, type Shape } from '../types';
import { copiedTensor, copyCall, isFloat, stridedCopy, type StridedCopy } from './strided-copy';

function repetition(from: Shape, attributes: Attributes): StridedCopy {
  const shape = numbersAttribute(attributes, 'shape');
  return stridedCopy(shape, broadcastStrides(from, shape), rowMajorStrides(shape));
}

/** Repeats dimensions of size 1 (and missing leading ones) in memory. */
export const broadcastToOperation = defineOperation({
  name: 'broadcastTo',

  infer([x], attributes) {
    const shape = numbersAttribute(attributes, 'shape');
    if (!sameShape(broadcastShapes(x.shape, shape, 'broadcastTo'), shape)) {
      throw new AiprodError('shape-mismatch', 'broadcastTo cannot shrink a value', {
        expected: 'a shape whose trailing sizes equal those of the value, or where those are 1',
        found: `[${shape.join(', ')}] for [${x.shape.join(', ')}]`,
      });
    }
    return { shape, dtype: x.dtype };
  },

  reference: ([x], attributes, output) => copiedTensor(repetition(x.shape, attributes), x, output),

  lower: (request) => ({ calls: [copyCall(request, 0, repetition(request.inputs[0].shape, request.attributes))] }),

  absorbsEpilogue: ([x]) => isFloat(x),

  gradient: ({ inputs: [x], gradient }) => [sumTo(gradient, x.shape)],
});

/**
 * The value repeated to a larger shape by NumPy's broadcasting rule. Arithmetic broadcasts by itself and needs no copy.
 * @throws AiprodError `shape-mismatch`.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : x.tracer.apply('broadcastTo', [x], { shape });
}
