/**
 * Exponential moving average of weights, `average + (1 - decay) (weight - average)` after each step; names, defaults and rules of diffusers'
 * `EMAModel`.
 */
export interface WeightAverageOptions {
  /** The most that the decay may be. Default 0.9999. */
  readonly decay?: number;
  /** The least that it may be. Default 0. */
  readonly minDecay?: number;
  /** Steps before the average begins to move away from the weights: until then it is the weights. Default 0. */
  readonly updateAfterStep?: number;
  /** Lets the decay grow as `1 - (1 + step / inverseGamma)^-power`, not as `(1 + step) / (10 + step)`. Default false. */
  readonly warmup?: boolean;
  /** Default 1. */
  readonly inverseGamma?: number;
  /** 2/3 suits a million steps and more, 3/4 fewer. Default 2/3. */
  readonly power?: number;
}

/** Names of what the average adds to a step. */
export const weightAverageNames = {
  /** Input [1], f32: 1 - decay. */
  rate: 'average.rate',
  /** State, f32, of the parameter's shape; before the first step the weight. */
  average: (parameter: string): string => `average.${parameter}`,
} as const;

/** Decay of a step. @param step counts from 1 */
export function averageDecay(step: number, options: WeightAverageOptions): number {
  const { decay = 0.9999, minDecay = 0, updateAfterStep = 0, warmup = false, inverseGamma = 1, power = 2 / 3 } = options;
  const moved = Math.max(0, step - updateAfterStep - 1);
  if (moved <= 0) return 0;
  const grown = warmup ? 1 - (1 + moved / inverseGamma) ** -power : (1 + moved) / (10 + moved);
  return Math.max(minDecay, Math.min(grown, decay));
}
