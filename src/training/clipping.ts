import { add, reshape, sqrt, sumOfSquares, type Tensor } from '../graph';

/**
 * The norm of all gradients together, one f32 number (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks").
 * @param gradients f32
 */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) => sumOfSquares(reshape(gradient, [-1]), [0], { keepDims: true }));
  return sqrt(squares.reduce((total, square) => add(total, square)));
}

/**
 * What gradients of that norm are multiplied by so that their norm is at most `most`, as PyTorch's `clip_grad_norm_` counts it, in f32.
 * @param norm finite
 */
export function clipFactor(norm: number, most: number): number {
  return Math.min(1, Math.fround(most / Math.fround(norm + 1e-6)));
}
