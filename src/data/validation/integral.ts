import { THUMBNAIL_SIDE } from './thumbnail';

const STRIDE = THUMBNAIL_SIDE + 1;

/** A rectangle of a thumbnail in cells; fractions are meant. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const WHOLE: Box = { left: 0, top: 0, width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE };

/**
 * Sums of all cells above and to the left of each corner, (64 + 1) x (64 + 1) (Crow 1984, "Summed-area tables").
 * @param sums an integral that is not needed any more, which is written over
 */
export function integralOf(thumbnail: Float32Array, sums: Float64Array = new Float64Array(STRIDE * STRIDE)): Float64Array {
  for (let y = 0; y < THUMBNAIL_SIDE; y++) {
    let row = 0;
    for (let x = 0; x < THUMBNAIL_SIDE; x++) {
      row += thumbnail[y * THUMBNAIL_SIDE + x];
      sums[(y + 1) * STRIDE + x + 1] = sums[y * STRIDE + x + 1] + row;
    }
  }
  return sums;
}

/** Means of a whole thumbnail in `side` x `side` equal parts, mirrored where asked for; `side` divides 64. */
export function meansOfWhole(thumbnail: Float32Array, side: number, mirrored: boolean, means: Float64Array): void {
  const size = THUMBNAIL_SIDE / side;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = row * size * THUMBNAIL_SIDE + (mirrored ? side - 1 - column : column) * size;
      let sum = 0;
      for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) sum += thumbnail[from + y * THUMBNAIL_SIDE + x];
      means[row * side + column] = sum / (size * size);
    }
  }
}

/** Columns between which the corners of one box lie, and how far between; room for the corners of 64 parts. */
const columns = new Int32Array(STRIDE);
const across = new Float64Array(STRIDE);

/** Means of a box in `side` x `side` equal parts, rows from the top, written to `means`; `side` is 64 at most. */
export function meansWithin(integral: Float64Array, { left, top, width, height }: Box, side: number, means: Float64Array): void {
  const [stepX, stepY] = [width / side, height / side];
  for (let k = 0; k <= side; k++) {
    const x = left + k * stepX;
    columns[k] = Math.min(THUMBNAIL_SIDE - 1, Math.floor(x));
    across[k] = x - columns[k];
  }
  const perArea = 1 / (stepX * stepY);
  // Sums above and to the left of corners; between corners of the integral they are bilinear. A row of parts lies between two rows of corners.
  for (let row = 0; row <= side; row++) {
    const y = top + row * stepY;
    const line = Math.min(THUMBNAIL_SIDE - 1, Math.floor(y));
    const down = y - line;
    let before = 0;
    for (let k = 0; k <= side; k++) {
      const at = line * STRIDE + columns[k];
      const upper = integral[at] + across[k] * (integral[at + 1] - integral[at]);
      const lower = integral[at + STRIDE] + across[k] * (integral[at + STRIDE + 1] - integral[at + STRIDE]);
      const sum = upper + down * (lower - upper);
      if (k > 0) {
        const strip = (sum - before) * perArea;
        if (row < side) means[row * side + k - 1] = -strip;
        if (row > 0) means[(row - 1) * side + k - 1] += strip;
      }
      before = sum;
    }
  }
}
