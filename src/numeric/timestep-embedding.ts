const { fround } = Math;

export interface TimestepSinusoidOptions {
  /** Whether the cosines come before the sines (LTX, Wan) or after them. */
  readonly cosineFirst?: boolean;
  /** Subtracted from the number of frequencies in the exponent: 0 for LTX and Wan, 1 in the original formula. */
  readonly frequencyShift?: number;
}

/**
 * Sinusoidal embedding of timesteps (Ho et al. 2020, "Denoising Diffusion Probabilistic Models"): sines and cosines of
 * t * 10000^(-k / (channels / 2 - frequencyShift)), with the reference's order of f32 operations.
 * @param channels even
 * @returns [timesteps, channels], row-major
 */
export function timestepSinusoid(timesteps: ArrayLike<number>, channels: number, options: TimestepSinusoidOptions = {}): Float32Array {
  const { cosineFirst = true, frequencyShift = 0 } = options;
  const half = channels / 2;
  const logPeriod = fround(-Math.log(10000));
  const result = new Float32Array(timesteps.length * channels);
  for (let k = 0; k < half; k++) {
    const frequency = fround(Math.exp(fround(fround(logPeriod * k) / (half - frequencyShift))));
    for (let row = 0; row < timesteps.length; row++) {
      const angle = fround(fround(timesteps[row]) * frequency);
      result[row * channels + (cosineFirst ? half : 0) + k] = Math.sin(angle);
      result[row * channels + (cosineFirst ? 0 : half) + k] = Math.cos(angle);
    }
  }
  return result;
}
