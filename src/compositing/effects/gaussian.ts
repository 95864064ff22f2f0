/**
 * Weights of one side of a Gaussian, from its middle out: they sum to 1 with each but the first counted twice. Cut off at three standard
 * deviations, beyond which lies 0.3 % of it.
 * @param sigma standard deviation in pixels, above 0
 */
export function gaussianWeights(sigma: number): Float32Array<ArrayBuffer> {
  const taps = Math.max(1, Math.ceil(3 * sigma));
  const side = Array.from({ length: taps + 1 }, (_, k) => Math.exp(-(k * k) / (2 * sigma * sigma)));
  const sum = side.reduce((total, weight, k) => total + (k === 0 ? weight : 2 * weight), 0);
  return Float32Array.from(side, (weight) => weight / sum);
}
