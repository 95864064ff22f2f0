import { AiprodError } from '../../errors';
import { reshape as reshaped } from '../arithmetic';
import { defineOperation } from '../operation';
import { elementCount, type Shape } from '../types';

/** The same elements in the same order under another shape; costs nothing. */
export const reshape = defineOperation({
  name: 'reshape',

  infer([input], attributes) {
    const { shape } = attributes;
    if (!isShape(shape)) throw new AiprodError('internal', 'a reshape node lacks its shape');
    if (elementCount(shape) !== elementCount(input.shape)) {
      throw new AiprodError('shape-mismatch', 'reshape changes the number of elements', {
        where: 'reshape',
        expected: `${elementCount(input.shape)} elements of [${input.shape.join(', ')}]`,
        found: `[${shape.join(', ')}]`,
      });
    }
    return { shape, dtype: input.dtype };
  },

  reference([input], _attributes, output) {
    return { shape: output.shape, dtype: output.dtype, data: input.data };
  },

  lower() {
    return { viewFrom: 0 };
  },

  gradient: ({ inputs: [x], gradient }) => [reshaped(gradient, x.shape)],
});

function isShape(value: unknown): value is Shape {
  return Array.isArray(value) && value.every((size) => typeof size === 'number');
}
