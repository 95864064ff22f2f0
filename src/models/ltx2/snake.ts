import { add, divide, exp, multiply, sin, square, type Tensor } from '../../graph';
import { downsampleKaiser, upsampleKaiser } from './rate-change';

/**
 * x + sin²(x e^alpha) / (e^beta + 1e-9), channels last: SnakeBeta of BigVGAN (Lee et al. 2023); with alpha for beta, Snake (Ziyin et
 * al. 2020).
 * @param alpha [C]
 * @param beta [C]
 */
export function snakeBeta(x: Tensor, alpha: Tensor, beta: Tensor): Tensor {
  return add(x, divide(square(sin(multiply(x, exp(alpha)))), add(exp(beta), 1e-9)));
}

export interface AntialiasOptions {
  readonly ratio: number;
  /** Filters [k, 1, 1] of the way up and of the way down. */
  readonly up: Tensor;
  readonly down: Tensor;
}

/** An activation at `ratio` times the rate, so that its overtones are filtered out instead of folded back. */
export function antialiased(x: Tensor, activation: (x: Tensor) => Tensor, { ratio, up, down }: AntialiasOptions): Tensor {
  return downsampleKaiser(activation(upsampleKaiser(x, ratio, up)), ratio, down);
}
