/**
 * Figures of a clip without a reference. The field has no standard for most of them, so each states its definition; all are of
 * 8-bit luma (`lumaPlane`) or 8-bit colour, and need no network.
 */
import type { Plane } from './planes';
import { checkSameSize } from './psnr';

/**
 * Variance of the Laplacian (Pech-Pacheco, Cristobal, Chamorro-Martinez, Fernandez-Valdivia, "Diatom autofocusing in
 * brightfield microscopy", ICPR 2000): population variance of the luma under the kernel [0 1 0; 1 -4 1; 0 1 0], the picture
 * mirrored about its outermost pixels, which is OpenCV's `Laplacian(luma, CV_64F).var()`. Sharper pictures have more.
 */
export function laplacianVariance({ width, height, samples }: Plane): number {
  // -1 is 1 and n is n - 2; a single row or column is its own neighbour.
  const inside = (place: number, size: number): number => (size === 1 ? 0 : place < 0 ? 1 : place >= size ? size - 2 : place);
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < height; y++) {
    const above = inside(y - 1, height) * width;
    const below = inside(y + 1, height) * width;
    for (let x = 0; x < width; x++) {
      const beside = samples[y * width + inside(x - 1, width)] + samples[y * width + inside(x + 1, width)];
      const value = samples[above + x] + samples[below + x] + beside - 4 * samples[y * width + x];
      sum += value;
      squares += value * value;
    }
  }
  const count = width * height;
  return squares / count - (sum / count) ** 2;
}

/**
 * Temporal flickering of VBench (Huang et al., "VBench: comprehensive benchmark suite for video generative models", CVPR 2024)
 * for one pair of consecutive frames: `(255 - mean |frame - previous|) / 255` over all pixels and colours. 1 for a still; the
 * less, the more changes from frame to frame, motion included.
 */
export function flickerScore(previous: readonly Plane[], frame: readonly Plane[]): number {
  let sum = 0;
  let count = 0;
  for (const [channel, plane] of frame.entries()) {
    checkSameSize(plane, previous[channel]);
    for (let at = 0; at < plane.samples.length; at++) sum += Math.abs(plane.samples[at] - previous[channel].samples[at]);
    count += plane.samples.length;
  }
  return (255 - sum / count) / 255;
}

/**
 * Motion smoothness by linear interpolation, for a frame between two others:
 * `1 - mean |frame - (before + after) / 2| / 255` over all pixels and colours, which is one less the mean absolute second
 * difference over 510. VBench's figure of that name puts a learned interpolation in place of the mean of the neighbours.
 * 1 for a still and for linear fades; jitter lowers it.
 */
export function smoothnessScore(before: readonly Plane[], frame: readonly Plane[], after: readonly Plane[]): number {
  let sum = 0;
  let count = 0;
  for (const [channel, { samples }] of frame.entries()) {
    const earlier = before[channel].samples;
    const later = after[channel].samples;
    for (let at = 0; at < samples.length; at++) sum += Math.abs(2 * samples[at] - earlier[at] - later[at]);
    count += samples.length;
  }
  return 1 - sum / count / 510;
}
