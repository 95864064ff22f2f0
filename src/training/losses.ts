import { absolute, divide, elementCount, mean, multiply, square, subtract, sum, type Shape, type Tensor } from '../graph';

function everyAxis(shape: Shape): number[] {
  return shape.map((_, axis) => axis);
}

/** Σ w e / Σ w over all elements; without weights the mean. The weight broadcasts to the errors' shape. */
function weightedMean(errors: Tensor, weight: Tensor | undefined): Tensor {
  const axes = everyAxis(errors.shape);
  if (weight === undefined) return mean(errors, axes);
  const repeats = elementCount(errors.shape) / elementCount(weight.shape);
  const total = multiply(sum(weight, everyAxis(weight.shape)), repeats);
  return divide(sum(multiply(errors, weight), axes), total);
}

/**
 * Mean squared error, Σ w (prediction - target)² / Σ w over all elements; without weights over everything alike.
 * @param prediction f32
 * @param target f32, of its shape
 * @param weight f32, broadcasts to that shape: 0 leaves an element out (a mask). All zero gives NaN.
 * @returns one number, f32
 */
export function meanSquaredError(prediction: Tensor, target: Tensor, weight?: Tensor): Tensor {
  return weightedMean(square(subtract(prediction, target)), weight);
}

/** Mean absolute error; otherwise as {@link meanSquaredError}. */
export function meanAbsoluteError(prediction: Tensor, target: Tensor, weight?: Tensor): Tensor {
  return weightedMean(absolute(subtract(prediction, target)), weight);
}
