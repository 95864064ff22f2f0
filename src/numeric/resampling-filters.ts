/** Low-pass filters for resampling audio by whole factors (windowed sinc; the LTX-2 vocoder's, after BigVGAN). */

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** sin(pi x) / (pi x) */
function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * Sinc filter in a Kaiser window whose shape follows from the transition width (Kaiser 1974), scaled to a sum of 1.
 * @param cutoff cycles a sample, 0 < cutoff <= 0.5
 * @param halfWidth half the transition band, cycles a sample
 * @param size taps
 */
export function kaiserSincFilter(cutoff: number, halfWidth: number, size: number): Float32Array {
  const attenuation = 2.285 * (Math.floor(size / 2) - 1) * Math.PI * 4 * halfWidth + 7.95;
  let beta = 0;
  if (attenuation > 50) beta = 0.1102 * (attenuation - 8.7);
  else if (attenuation >= 21) beta = 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21);
  const centre = (size - 1) / 2;
  const taps = Array.from({ length: size }, (_, n) => {
    const offset = size % 2 === 0 ? n - size / 2 + 0.5 : n - Math.floor(size / 2);
    const window = besselI0(beta * Math.sqrt(1 - ((n - centre) / centre) ** 2)) / besselI0(beta);
    return window * sinc(2 * cutoff * offset);
  });
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return Float32Array.from(taps, (tap) => tap / total);
}

/** The Kaiser filter for a change of rate by `ratio` up or down. */
export function kaiserRateFilter(ratio: number, size: number): Float32Array {
  return kaiserSincFilter(0.5 / ratio, 0.6 / ratio, size);
}

/** Zero crossings on each side of a Hann-windowed filter, and its cutoff as a share of the Nyquist frequency. */
const hannZeros = 6;
const hannRolloff = 0.99;

/** Input samples that `hannRateFilter` reaches to each side. */
export const hannReach = Math.ceil(hannZeros / hannRolloff);

/** Sinc filter in a Hann window for upsampling by `ratio`: 2 * hannReach * ratio + 1 taps. */
export function hannRateFilter(ratio: number): Float32Array {
  return Float32Array.from({ length: 2 * hannReach * ratio + 1 }, (_, n) => {
    const time = (n / ratio - hannReach) * hannRolloff;
    const window = Math.cos((Math.max(-hannZeros, Math.min(hannZeros, time)) * Math.PI) / (2 * hannZeros)) ** 2;
    return (sinc(time) * window * hannRolloff) / ratio;
  });
}
