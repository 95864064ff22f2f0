/** Perceptual hashes of 64 bits by the definitions of Python's `imagehash`: pictures that look alike differ in few bits. */
import { resampleImage } from '../numeric/resample-image';
import type { Plane } from './planes';

/** Bits a side. */
const SIDE = 8;
/** Side of the picture whose low frequencies make `perceptualHash`. */
const FREQUENCY_SIDE = 32;

const shrunk = (luma: Plane, width: number, height: number): Uint8Array =>
  resampleImage(Uint8Array.from(luma.samples), luma, 1, { width, height }, 'lanczos');

const bits = (values: ArrayLike<number>, isSet: (value: number, at: number) => boolean): Uint8Array =>
  Uint8Array.from(values, (value, at) => (isSet(value, at) ? 1 : 0));

/** Whether each of 8 x 8 pixels of the shrunk luma is lighter than their mean. */
export function averageHash(luma: Plane): Uint8Array {
  const pixels = shrunk(luma, SIDE, SIDE);
  const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
  return bits(pixels, (pixel) => pixel > mean);
}

/** Whether each pixel is lighter than its left neighbour, in a luma shrunk to 9 x 8. */
export function differenceHash(luma: Plane): Uint8Array {
  const pixels = shrunk(luma, SIDE + 1, SIDE);
  return bits(new Uint8Array(SIDE * SIDE), (_, at) => {
    const right = Math.floor(at / SIDE) * (SIDE + 1) + (at % SIDE) + 1;
    return pixels[right] > pixels[right - 1];
  });
}

/**
 * Whether each of the 8 x 8 lowest coefficients of the two-dimensional DCT-II of a luma shrunk to 32 x 32 is above their
 * median, the constant one included.
 */
export function perceptualHash(luma: Plane): Uint8Array {
  const pixels = shrunk(luma, FREQUENCY_SIDE, FREQUENCY_SIDE);
  const cosines = Array.from({ length: SIDE }, (_, frequency) =>
    Float64Array.from({ length: FREQUENCY_SIDE }, (_, place) => Math.cos((Math.PI * frequency * (2 * place + 1)) / (2 * FREQUENCY_SIDE))),
  );
  const low = Float64Array.from({ length: SIDE * SIDE }, (_, at) => {
    const down = cosines[Math.floor(at / SIDE)];
    const across = cosines[at % SIDE];
    let sum = 0;
    for (let pixel = 0; pixel < pixels.length; pixel++) {
      sum += pixels[pixel] * down[Math.floor(pixel / FREQUENCY_SIDE)] * across[pixel % FREQUENCY_SIDE];
    }
    return sum;
  });
  const sorted = low.toSorted();
  const median = (sorted[low.length / 2 - 1] + sorted[low.length / 2]) / 2;
  return bits(low, (coefficient) => coefficient > median);
}

/** Bits in which two hashes differ, 0 to 64. */
export const hashDistance = (a: Uint8Array, b: Uint8Array): number => a.reduce((count, bit, at) => count + (bit === b[at] ? 0 : 1), 0);
