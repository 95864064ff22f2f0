import { cast, reshape } from '../arithmetic';
import { sum } from '../operations/reduce';
import type { Tensor } from '../tracer';
import { sameShape, type Shape } from '../types';

/** What broadcasting does backwards: a gradient of the repeated shape, added up to the shape before; f32. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const shift = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => (axis < shift || (shape[axis - shift] === 1 && size > 1) ? [axis] : []));
  const summed = axes.length === 0 ? gradient : sum(cast(gradient, 'f32'), axes, { keepDims: true });
  return reshape(summed, shape);
}
