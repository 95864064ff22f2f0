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

/** Sums of all cells above and to the left of each corner, (64 + 1) x (64 + 1) (Crow 1984, "Summed-area tables"). */
export function integralOf(thumbnail: Float32Array): Float64Array {
  const sums = new Float64Array(STRIDE * STRIDE);
  for (let y = 0; y < THUMBNAIL_SIDE; y++) {
    let row = 0;
    for (let x = 0; x < THUMBNAIL_SIDE; x++) {
      row += thumbnail[y * THUMBNAIL_SIDE + x];
      sums[(y + 1) * STRIDE + x + 1] = sums[y * STRIDE + x + 1] + row;
    }
  }
  return sums;
}

/** Means of a box in `side` x `side` equal parts, rows from the top, written to `means`. */
export function meansWithin(integral: Float64Array, { left, top, width, height }: Box, side: number, means: Float64Array): void {
  const [stepX, stepY] = [width / side, height / side];
  const area = stepX * stepY;
  let above = new Float64Array(side + 1);
  let below = new Float64Array(side + 1);
  for (let row = 0; row <= side; row++) {
    cornerSums(integral, top + row * stepY, left, stepX, below);
    if (row > 0) {
      for (let column = 0; column < side; column++) {
        means[(row - 1) * side + column] = (below[column + 1] - below[column] - above[column + 1] + above[column]) / area;
      }
    }
    [above, below] = [below, above];
  }
}

/** Sums above and to the left of corners along a line; between corners they are bilinear. */
function cornerSums(integral: Float64Array, y: number, left: number, step: number, sums: Float64Array): void {
  const row = Math.min(THUMBNAIL_SIDE - 1, Math.floor(y));
  const down = y - row;
  for (let k = 0; k < sums.length; k++) {
    const x = left + k * step;
    const column = Math.min(THUMBNAIL_SIDE - 1, Math.floor(x));
    const across = x - column;
    const at = row * STRIDE + column;
    const upper = integral[at] + across * (integral[at + 1] - integral[at]);
    const lower = integral[at + STRIDE] + across * (integral[at + STRIDE + 1] - integral[at + STRIDE]);
    sums[k] = upper + down * (lower - upper);
  }
}
