/** Squared error and the peak signal-to-noise ratio. */
import { AiprodError } from '../errors';
import type { Plane } from './planes';

/** Throws shape-mismatch unless two planes have one size. */
export function checkSameSize(a: Plane, b: Plane): void {
  if (a.width === b.width && a.height === b.height && a.peak === b.peak) return;
  const text = ({ width, height, peak }: Plane): string => `${width}x${height} of 0..${peak}`;
  throw new AiprodError('shape-mismatch', 'The pictures cannot be compared', { expected: text(b), found: text(a) });
}

/** Mean squared error: `sum (a - b)^2 / n`. */
export function meanSquaredError(a: Plane, b: Plane): number {
  checkSameSize(a, b);
  let sum = 0;
  for (let at = 0; at < a.samples.length; at++) {
    const difference = a.samples[at] - b.samples[at];
    sum += difference * difference;
  }
  return sum / a.samples.length;
}

/** Peak signal-to-noise ratio in decibels, `10 log10(peak^2 / mse)`; infinite for equal pictures. */
export const psnrOfError = (meanSquared: number, peak: number): number => 10 * Math.log10((peak * peak) / meanSquared);
