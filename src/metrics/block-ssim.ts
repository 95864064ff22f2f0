/** SSIM as ffmpeg's `ssim` filter and x264 have it: windows of 8 x 8 every 4 pixels, all of one weight, in whole numbers. */
import { AiprodError } from '../errors';
import type { Plane } from './planes';
import { checkSameSize } from './psnr';

/** A window is 2 x 2 blocks of this side. */
const BLOCK = 4;
const SUMS = 4;
/** Samples of a window. */
const WINDOW = 64;

/**
 * Mean over all windows of the formula in `ssim.ts`, multiplied out for sums over 64 samples; the constants are rounded to
 * whole numbers (ffmpeg, `libavfilter/vf_ssim.c`). Columns and rows beyond a multiple of 4 are not looked at.
 * @throws bad-input below 8 x 8 samples.
 */
export function blockSsim(a: Plane, b: Plane): number {
  checkSameSize(a, b);
  const columns = a.width >> 2;
  const rows = a.height >> 2;
  if (columns < 2 || rows < 2) {
    throw new AiprodError('bad-input', 'The pictures are too small for their structural similarity', {
      expected: 'at least 8x8 samples',
      found: `${a.width}x${a.height}`,
    });
  }
  const c1 = Math.floor(0.01 * 0.01 * a.peak * a.peak * WINDOW + 0.5);
  const c2 = Math.floor(0.03 * 0.03 * a.peak * a.peak * WINDOW * (WINDOW - 1) + 0.5);
  let above = blockSums(a, b, 0, columns);
  let total = 0;
  for (let row = 1; row < rows; row++) {
    const here = blockSums(a, b, row, columns);
    for (let column = 0; column + 1 < columns; column++) {
      const at = column * SUMS;
      const sum = (moment: number): number => above[at + moment] + above[at + SUMS + moment] + here[at + moment] + here[at + SUMS + moment];
      const sumA = sum(0);
      const sumB = sum(1);
      const variances = sum(2) * WINDOW - sumA * sumA - sumB * sumB;
      const covariance = sum(3) * WINDOW - sumA * sumB;
      total += ((2 * sumA * sumB + c1) * (2 * covariance + c2)) / ((sumA * sumA + sumB * sumB + c1) * (variances + c2));
    }
    above = here;
  }
  return total / ((columns - 1) * (rows - 1));
}

/** For each block of a row of blocks: sum a, sum b, sum a^2 + b^2, sum ab. */
function blockSums(a: Plane, b: Plane, row: number, columns: number): Float64Array {
  const sums = new Float64Array(columns * SUMS);
  for (let y = row * BLOCK; y < (row + 1) * BLOCK; y++) {
    for (let x = 0; x < columns * BLOCK; x++) {
      const first = a.samples[y * a.width + x];
      const second = b.samples[y * a.width + x];
      const at = (x >> 2) * SUMS;
      sums[at] += first;
      sums[at + 1] += second;
      sums[at + 2] += first * first + second * second;
      sums[at + 3] += first * second;
    }
  }
  return sums;
}
