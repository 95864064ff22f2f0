/** A picture for tests of codecs: noise of every size, less of the fine, as photographs have it, and edges. */
import { philox } from '../numeric/random';
import type { DecodedImage } from './types';

/** The same for the same size and seed on every machine. */
export function testPicture(width: number, height: number, seed = 1): DecodedImage {
  const sums = new Float64Array(width * height * 3);
  for (let octave = 2, strength = 1; octave <= 8; octave++, strength *= 0.6)
    addNoise(sums, width, height, 2 ** octave, strength, seed + octave);
  const discs = uniform(seed, 0, 12 * 6);
  for (let disc = 0; disc < 12; disc++) {
    const [x, y, size, ...colour] = discs.subarray(disc * 6, disc * 6 + 6);
    addDisc(sums, width, height, { x: x * width, y: y * height, radius: (0.03 + 0.1 * size) * width }, colour);
  }
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      rgba[pixel * 4 + channel] = Math.max(0, Math.min(255, Math.round(128 + 70 * sums[pixel * 3 + channel])));
    }
  }
  return { width, height, rgba };
}

/** Numbers from 0 to below 1. */
function uniform(seed: number, stream: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => philox([k, 0, 0, stream], [seed, 0])[0] / 2 ** 32);
}

/** Smooth noise of `cells` cells a side: mostly of brightness, a third as strong in each colour. */
function addNoise(sums: Float64Array, width: number, height: number, cells: number, strength: number, seed: number): void {
  const line = cells + 2;
  const planes = [0, 1, 2, 3].map((plane) => uniform(seed, plane, line * line));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [(x / width) * cells, (y / height) * cells];
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [across, down] = [column - left, row - top];
      const at = top * line + left;
      const [brightness, ...colours] = planes.map(
        (plane) =>
          2 * (plane[at] * (1 - across) + plane[at + 1] * across) * (1 - down) +
          2 * (plane[at + line] * (1 - across) + plane[at + line + 1] * across) * down -
          1,
      );
      for (let channel = 0; channel < 3; channel++)
        sums[(y * width + x) * 3 + channel] += strength * (brightness + 0.35 * colours[channel]);
    }
  }
}

function addDisc(
  sums: Float64Array,
  width: number,
  height: number,
  { x, y, radius }: { readonly x: number; readonly y: number; readonly radius: number },
  colour: readonly number[],
): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if ((column - x) ** 2 + (row - y) ** 2 >= radius ** 2) continue;
      for (let channel = 0; channel < 3; channel++) {
        const at = (row * width + column) * 3 + channel;
        sums[at] = 0.5 * sums[at] + 2 * colour[channel] - 1;
      }
    }
  }
}

export { frameNumber, meanDifference, testFrame } from './test-clip';
