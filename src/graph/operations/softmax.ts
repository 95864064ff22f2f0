import { multiply, subtract } from '../arithmetic';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { emptyHostTensor } from '../types';
import { lowerSoftmax } from './normalization-kernels';
import { sum } from './reduce';

/** exp(x - max) / Σ exp(x - max) over each row of the last axis. */
export const softmaxOperation = defineOperation({
  name: 'softmax',

  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),

  reference([x], _attributes, output) {
    const result = emptyHostTensor(output);
    const width = x.shape[x.shape.length - 1];
    for (let start = 0; start < x.data.length; start += width) {
      let largest = -Infinity;
      for (let c = 0; c < width; c++) largest = Math.max(largest, x.data[start + c]);
      let sum = 0;
      for (let c = 0; c < width; c++) sum += Math.exp(x.data[start + c] - largest);
      for (let c = 0; c < width; c++) result.data[start + c] = Math.exp(x.data[start + c] - largest) / sum;
    }
    return result;
  },

  lower: lowerSoftmax,

  absorbsEpilogue: () => true,

  gradient: ({ output, gradient }) => [
    multiply(output, subtract(gradient, sum(multiply(gradient, output), [-1], { keepDims: true })), 'f32'),
  ],
});

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  return x.tracer.apply('softmax', [x]);
}
