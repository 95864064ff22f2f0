import { absolute, add, mean, slice, subtract, type Tensor } from '../../graph';

/**
 * How much the steps from pixel to pixel differ: mean |∂ (prediction - target)| along columns plus the same along rows. Blurred edges cost
 * more here than in an error of pixels (a form of the gradient difference loss of Mathieu et al. 2016).
 * @param prediction [..., rows, columns] f32
 * @param target of its shape
 * @returns one number, f32
 */
export function edgeError(prediction: Tensor, target: Tensor): Tensor {
  const difference = subtract(prediction, target);
  const rank = difference.shape.length;
  const along = (axis: number): Tensor => {
    const length = difference.shape[axis] - 1;
    const steps = subtract(slice(difference, axis, 1, length), slice(difference, axis, 0, length));
    return mean(
      absolute(steps),
      steps.shape.map((_, k) => k),
    );
  };
  return add(along(rank - 1), along(rank - 2));
}
