import { geluErf, geluTanh, multiply, sigmoid, silu, type Tensor } from '../graph';
import { linearLayer, splitLast } from './layers';

/** Activations of diffusers' `FeedForward`. */
export const feedForwardActivations = ['gelu', 'gelu-approximate', 'geglu', 'geglu-approximate', 'swiglu', 'linear-silu'] as const;
export type FeedForwardActivation = (typeof feedForwardActivations)[number];

export interface FeedForwardOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Between the two layers. Default 4 times the width of `x`. */
  readonly hidden?: number;
  /** Of the result. Default the width of `x`. */
  readonly channels?: number;
}

/** diffusers' `FeedForward` in the current scope: `net.0.proj`, the activation, `net.2`. */
export function feedForward(x: Tensor, activation: FeedForwardActivation, options: FeedForwardOptions = {}): Tensor {
  const width = x.shape[x.shape.length - 1];
  const { hidden = 4 * width, channels = width } = options;
  return linearLayer('net.2', projectIn(x, hidden, activation, options), channels, options);
}

function projectIn(x: Tensor, width: number, activation: FeedForwardActivation, { bias = true }: FeedForwardOptions): Tensor {
  const projected = (features: number): Tensor => linearLayer('net.0.proj', x, features, { bias });
  switch (activation) {
    case 'gelu':
      return geluErf(projected(width));
    case 'gelu-approximate':
      return geluTanh(projected(width));
    case 'linear-silu':
      return silu(projected(width));
    case 'geglu-approximate': {
      const hidden = projected(width);
      return multiply(hidden, sigmoid(multiply(hidden, 1.702)));
    }
    case 'geglu': {
      const [hidden, gate] = splitLast(projected(2 * width), 2);
      return multiply(hidden, geluErf(gate));
    }
    case 'swiglu': {
      const [hidden, gate] = splitLast(projected(2 * width), 2);
      return multiply(hidden, silu(gate));
    }
  }
}
