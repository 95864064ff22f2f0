/** Figures of one picture that the judgement of data sets needs beside those of `metrics`. */
import type { Plane } from '../../metrics';
import type { Thumbnail } from './thumbnail';

/**
 * Colourfulness (Hasler and Süsstrunk 2003, "Measuring colorfulness in natural images", formula 8): of rg = R - G and
 * yb = (R + G) / 2 - B the deviation plus 0.3 of the mean, each as the length of the vector of both. Colours by BT.601.
 */
export function colorfulness({ cb, cr }: Pick<Thumbnail, 'cb' | 'cr'>): number {
  const count = cb.length;
  let [rgSum, rgSquares, ybSum, ybSquares] = [0, 0, 0, 0];
  for (let at = 0; at < count; at++) {
    // What each colour is above luma.
    const [blue, red] = [1.772 * (cb[at] - 128), 1.402 * (cr[at] - 128)];
    const green = -0.344136 * (cb[at] - 128) - 0.714136 * (cr[at] - 128);
    const rg = red - green;
    const yb = (red + green) / 2 - blue;
    rgSum += rg;
    rgSquares += rg * rg;
    ybSum += yb;
    ybSquares += yb * yb;
  }
  const [rgMean, ybMean] = [rgSum / count, ybSum / count];
  const variance = Math.max(0, rgSquares / count - rgMean * rgMean) + Math.max(0, ybSquares / count - ybMean * ybMean);
  return Math.sqrt(variance) + 0.3 * Math.hypot(rgMean, ybMean);
}

/**
 * Standard deviation of noise in levels (Immerkær 1996, "Fast noise variance estimation"): the mean absolute response to
 * [1 -2 1; -2 4 -2; 1 -2 1] times sqrt(pi / 2) / 6. 0 below 3 x 3 pixels.
 */
export function noiseDeviation({ width, height, samples }: Plane): number {
  if (width < 3 || height < 3) return 0;
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const corners = samples[at - width - 1] + samples[at - width + 1] + samples[at + width - 1] + samples[at + width + 1];
      const sides = samples[at - width] + samples[at + width] + samples[at - 1] + samples[at + 1];
      sum += Math.abs(corners - 2 * sides + 4 * samples[at]);
    }
  }
  return (Math.sqrt(Math.PI / 2) / 6) * (sum / ((width - 2) * (height - 2)));
}
