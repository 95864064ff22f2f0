/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
 * similarity", IEEE Transactions on Image Processing 13(4), 2004):
 *
 *     SSIM = (2 m_a m_b + C1) (2 s_ab + C2) / ((m_a^2 + m_b^2 + C1) (s_a^2 + s_b^2 + C2))
 *     C1 = (0.01 peak)^2, C2 = (0.03 peak)^2
 *
 * with means m, variances s^2 and the covariance s_ab under a window around each pixel. The value is the mean over the pixels
 * whose window lies inside the picture.
 */
import { AiprodError } from '../errors';
import type { Plane } from './planes';
import { checkSameSize } from './psnr';

const K1 = 0.01;
const K2 = 0.03;

/** Weights of a separable window along one axis, of odd length, that add up to 1. */
interface Window {
  readonly weights: Float64Array;
  /** What turns a mean of squares less the square of the mean into the variance. */
  readonly covarianceScale: number;
}

/** Gaussian of standard deviation 1.5 cut at 11 taps, the window of the paper; population variances. */
const GAUSSIAN: Window = { weights: gaussianWeights(1.5, 5), covarianceScale: 1 };

/** 7 x 7 of equal weights with sample variances, n / (n - 1): scikit-image's default. */
const UNIFORM: Window = { weights: new Float64Array(7).fill(1 / 7), covarianceScale: 49 / 48 };

function gaussianWeights(sigma: number, radius: number): Float64Array {
  const raw = Array.from({ length: 2 * radius + 1 }, (_, tap) => Math.exp(-((tap - radius) ** 2) / (2 * sigma * sigma)));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from(raw, (weight) => weight / total);
}

/** SSIM under the paper's Gaussian window, as scikit-image computes it with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`. */
export const gaussianSsim = (a: Plane, b: Plane): number => windowedSsim(a, b, GAUSSIAN);

/** SSIM under a uniform window of 7 x 7, scikit-image's default. */
export const uniformSsim = (a: Plane, b: Plane): number => windowedSsim(a, b, UNIFORM);

/** Pixels a side that the Gaussian window needs. */
export const GAUSSIAN_SSIM_SIDE = GAUSSIAN.weights.length;

function windowedSsim(a: Plane, b: Plane, { weights, covarianceScale }: Window): number {
  checkSameSize(a, b);
  const { width, height, peak } = a;
  const taps = weights.length;
  const columns = width - taps + 1;
  const rows = height - taps + 1;
  if (columns < 1 || rows < 1) {
    throw new AiprodError('bad-input', 'The pictures are too small for their structural similarity', {
      expected: `at least ${taps}x${taps} pixels`,
      found: `${width}x${height}`,
    });
  }
  const c1 = (K1 * peak) ** 2;
  const c2 = (K2 * peak) ** 2;
  // Along rows first: five moments of each row under the window, kept for as many rows as the window has.
  const lines = Array.from({ length: taps }, () => new Float64Array(columns * MOMENTS));
  let sum = 0;
  const moments = new Float64Array(columns * MOMENTS);
  for (let row = 0; row < height; row++) {
    rowMoments(a, b, row, weights, lines[row % taps]);
    if (row < taps - 1) continue;
    moments.fill(0);
    for (let tap = 0; tap < taps; tap++) {
      const line = lines[(row - taps + 1 + tap) % taps];
      const weight = weights[tap];
      for (let at = 0; at < line.length; at++) moments[at] += weight * line[at];
    }
    for (let column = 0; column < columns; column++) {
      const at = column * MOMENTS;
      const meanA = moments[at];
      const meanB = moments[at + 1];
      const varianceA = covarianceScale * (moments[at + 2] - meanA * meanA);
      const varianceB = covarianceScale * (moments[at + 3] - meanB * meanB);
      const covariance = covarianceScale * (moments[at + 4] - meanA * meanB);
      sum += ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2));
    }
  }
  return sum / (columns * rows);
}

/** a, b, a^2, b^2, ab. */
const MOMENTS = 5;

function rowMoments(a: Plane, b: Plane, row: number, weights: Float64Array, line: Float64Array): void {
  line.fill(0);
  const start = row * a.width;
  const columns = a.width - weights.length + 1;
  for (let tap = 0; tap < weights.length; tap++) {
    const weight = weights[tap];
    for (let column = 0, at = 0; column < columns; column++, at += MOMENTS) {
      const x = a.samples[start + column + tap];
      const y = b.samples[start + column + tap];
      line[at] += weight * x;
      line[at + 1] += weight * y;
      line[at + 2] += weight * x * x;
      line[at + 3] += weight * y * y;
      line[at + 4] += weight * x * y;
    }
  }
}
