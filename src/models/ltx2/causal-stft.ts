import {
  absolute,
  add,
  conv1d,
  divide,
  equal,
  less,
  log,
  matmul,
  maximum,
  minimum,
  multiply,
  negate,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  where,
  type Tensor,
} from '../../graph';

export interface CausalStftOptions {
  /** Windowed cosines, then negated sines, [frame, 1, 2 bins]: the checkpoint's `forward_basis` permuted by [2, 1, 0]. */
  readonly basis: Tensor;
  readonly hop: number;
  /** Samples of the window; a frame ends where its window ends. */
  readonly window: number;
}

/** Real and imaginary parts [B, frames, bins] of waveforms [B, T, 1], padded with silence in front only. */
export function causalStft(samples: Tensor, { basis, hop, window }: CausalStftOptions): { real: Tensor; imaginary: Tensor } {
  const spectrum = conv1d(samples, basis, { stride: hop, padding: [Math.max(0, window - hop), 0] });
  const bins = spectrum.shape[2] / 2;
  return { real: slice(spectrum, 2, 0, bins), imaginary: slice(spectrum, 2, bins, bins) };
}

export interface Spectrogram {
  /** ln of the mel bins, at least ln 1e-5: [B, frames, mels]. */
  readonly logMel: Tensor;
  /** [B, frames, bins] */
  readonly magnitude: Tensor;
  /** -pi to pi, [B, frames, bins]. */
  readonly phase: () => Tensor;
  /** Norm of a frame's magnitudes, [B, frames]. */
  readonly energy: () => Tensor;
}

/** Magnitudes below this are silence. */
const floor = 1e-5;

/**
 * The causal log-mel spectrogram of the LTX-2 vocoder (`MelSTFT`).
 * @param samples [B, T, 1]
 * @param melBasis [mels, bins]
 */
export function causalMelSpectrogram(samples: Tensor, melBasis: Tensor, options: CausalStftOptions): Spectrogram {
  const { real, imaginary } = causalStft(samples, options);
  const magnitude = sqrt(add(square(real), square(imaginary)));
  return {
    logMel: log(maximum(matmul(magnitude, melBasis, { transposeB: true }), floor)),
    magnitude,
    phase: () => angleOf(imaginary, real),
    energy: () => sqrt(sum(square(magnitude), [2])),
  };
}

/** Coefficients of atan(z) / z in z² for z in 0..1 (Abramowitz and Stegun 4.4.49, error below 2e-8). */
const arcTangent = [1, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393, -0.07528964, 0.0429096138, -0.0161657367, 0.0028662257];

/** The angle of (x, y), from elementary arithmetic. */
function angleOf(y: Tensor, x: Tensor): Tensor {
  const [ax, ay] = [absolute(x), absolute(y)];
  const largest = maximum(ax, ay);
  // Where both are 0 the quotient is 0 / 1.
  const z = divide(minimum(ax, ay), add(largest, equal(largest, 0)));
  const z2 = square(z);
  const series = arcTangent.reduceRight<Tensor | number>((tail, coefficient) => add(multiply(z2, tail), coefficient), 0);
  const octant = multiply(z, series);
  const quadrant = where(less(ax, ay), subtract(Math.PI / 2, octant), octant);
  const half = where(less(x, 0), subtract(Math.PI, quadrant), quadrant);
  return where(less(y, 0), negate(half), half);
}
