/** How near values come to those they should be. */
export interface Likeness {
  /** 1 less the norm of the difference over the norm of the expected values: 1 is equal, 0.97 is 3 % off. */
  readonly similarity: number;
  /** Cosine of the angle between both, as vectors. */
  readonly cosine: number;
}

/** Compares two lists of the same length. */
export function likeness(actual: ArrayLike<number>, expected: ArrayLike<number>): Likeness {
  let difference = 0;
  let product = 0;
  let actualSquares = 0;
  let expectedSquares = 0;
  for (let k = 0; k < expected.length; k++) {
    difference += (actual[k] - expected[k]) ** 2;
    product += actual[k] * expected[k];
    actualSquares += actual[k] ** 2;
    expectedSquares += expected[k] ** 2;
  }
  return {
    similarity: 1 - Math.sqrt(difference / expectedSquares),
    cosine: product / Math.sqrt(actualSquares * expectedSquares),
  };
}

/** Peak signal to noise ratio in decibels of videos in -1 to 1, a span of 2; infinite for equal ones. Values are clamped as on screen. */
export function peakSignalToNoise(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const clamp = (value: number): number => Math.min(1, Math.max(-1, value));
  let squares = 0;
  for (let k = 0; k < expected.length; k++) squares += (clamp(actual[k]) - clamp(expected[k])) ** 2;
  return 10 * Math.log10((4 * expected.length) / squares);
}
