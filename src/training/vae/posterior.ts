import { add, exp, maximum, mean, minimum, multiply, slice, square, subtract, type Tensor } from '../../graph';

/** A normal distribution for each latent number, [B, C, F, H, W] f32 each. */
export interface Posterior {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/** The distribution that an encoder's moments [B, 2 C, F, H, W] tell of; log-variances are kept within -30 and 20, as when sampling. */
export function posteriorOf(moments: Tensor): Posterior {
  const channels = moments.shape[1] / 2;
  return {
    mean: slice(moments, 1, 0, channels),
    logVariance: minimum(maximum(slice(moments, 1, channels, channels), -30), 20),
  };
}

/**
 * mean + exp(log-variance / 2) noise: a draw through which gradients pass (Kingma and Welling 2014, "Auto-Encoding Variational Bayes").
 * @param noise standard normal, of the latents' shape
 */
export function reparameterised({ mean: centre, logVariance }: Posterior, noise: Tensor): Tensor {
  return add(centre, multiply(exp(multiply(logVariance, 0.5)), noise));
}

/** Kullback-Leibler divergence from the standard normal distribution, the mean over latent numbers: (m² + v - 1 - log v) / 2. One number. */
export function divergenceFromNormal({ mean: centre, logVariance }: Posterior): Tensor {
  const each = multiply(subtract(subtract(add(square(centre), exp(logVariance)), 1), logVariance), 0.5);
  return mean(
    each,
    each.shape.map((_, k) => k),
  );
}
