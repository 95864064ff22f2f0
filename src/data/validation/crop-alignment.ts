import type { ClipSignature } from './clip-signature';
import { integralOf, meansOfWhole, meansWithin, type Box } from './integral';
import { THUMBNAIL_SIDE } from './thumbnail';

/** What an alignment needs of a clip, made once for each. */
export interface AlignedClip {
  readonly signature: ClipSignature;
  /** Of luma of the frames that the search looks at. */
  readonly integrals: readonly Float64Array[];
  /** The same frames as others are held against them: in so many cells along each side, mirrored or not. Kept once they were asked for. */
  wanted(side: number, mirrored: boolean): readonly Float64Array[];
}

/** Frames that the search looks at. */
const SEARCH_FRAMES = [1, 4, 6] as const;
/**
 * Cells along each side in which the two are compared, first and last; the correlations below which they are left, since no step, and no finer
 * one, will make them agree.
 */
const ROUNDS = [
  { side: 16, before: 0.4, after: 0.7 },
  { side: 32, before: 0.6, after: 0.8 },
] as const;
/** Steps of a round at most, and the step in cells of a thumbnail that ends it. */
const MOST_STEPS = 12;
const LEAST_STEP = 0.04;
/** Least size of a box in cells. */
const LEAST_SIZE = 0.5 * THUMBNAIL_SIDE;

export function prepareAlignment(signature: ClipSignature): AlignedClip {
  const known = new Map<number, readonly Float64Array[]>();
  return {
    signature,
    integrals: SEARCH_FRAMES.map((frame) => integralOf(signature[frame].luma)),
    wanted(side, mirrored) {
      const key = mirrored ? -side : side;
      const cells = known.get(key) ?? SEARCH_FRAMES.map((frame) => cellsOfWhole(signature[frame].luma, side, mirrored));
      known.set(key, cells);
      return cells;
    },
  };
}

function cellsOfWhole(luma: Float32Array, side: number, mirrored: boolean): Float64Array {
  const cells = new Float64Array(side * side);
  meansOfWhole(luma, side, mirrored, cells);
  return cells;
}

/** What a round finds, and tries, in each frame: used again by every round, for there are very many. */
const scratch = new Map<number, { readonly found: Float64Array[]; readonly tried: Float64Array[] }>(
  ROUNDS.map(({ side }) => [side, { found: emptyCells(side), tried: emptyCells(side) }]),
);

function emptyCells(side: number): Float64Array[] {
  return SEARCH_FRAMES.map(() => new Float64Array(side * side));
}

/**
 * Moves and scales a box of `whole`, from a first guess, until what is in it agrees best with `crop` after each frame's brightness and contrast
 * are fitted: Gauss-Newton steps on the four numbers of the box (Baker and Matthews 2004, "Lucas-Kanade 20 years on"), damped as by Marquardt (1963).
 *
 * @returns undefined where the two do not agree anywhere near
 */
export function alignCrop(crop: AlignedClip, whole: AlignedClip, guess: Box, mirrored: boolean): Box | undefined {
  let box = guess;
  for (const { side, before, after } of ROUNDS) {
    const wanted = crop.wanted(side, mirrored);
    const round = refine(wanted, whole.integrals, box, side, before);
    if (round === undefined || correlationOf(round) < after || clearDifference(wanted, round, side)) return undefined;
    box = round.box;
  }
  return box;
}

const correlationOf = ({ error, variance }: { readonly error: number; readonly variance: number }): number =>
  variance === 0 ? 0 : Math.sqrt(Math.max(0, 1 - error / variance));

/** Places along each side, and levels (of 255) that so many of them differ by where two clips clearly do not show the same. */
const PLACES = 8;
const CLEAR_LEVELS = 32;
const CLEAR_PLACES = 0.05;

/** Most pairs that look alike and are not the same differ so much at some places that no finer step is needed to see it. */
function clearDifference(wanted: readonly Float64Array[], { found, fits }: Round, side: number): boolean {
  const perPlace = side / PLACES;
  let clear = 0;
  for (const [k, cells] of found.entries()) {
    const squares = new Float64Array(PLACES * PLACES);
    for (let at = 0; at < cells.length; at++) {
      const left = wanted[k][at] - fits[k].gain * cells[at] - fits[k].offset;
      squares[Math.floor(at / side / perPlace) * PLACES + Math.floor((at % side) / perPlace)] += left * left;
    }
    for (const sum of squares) if (sum > CLEAR_LEVELS * CLEAR_LEVELS * perPlace * perPlace) clear++;
  }
  return clear > CLEAR_PLACES * PLACES * PLACES * found.length;
}

interface Round {
  readonly box: Box;
  /** Until the next round. */
  readonly found: readonly Float64Array[];
  readonly fits: readonly Fit[];
  readonly error: number;
  readonly variance: number;
}

/** @param least correlation of the guess; undefined where it has less */
function refine(
  wanted: readonly Float64Array[],
  integrals: readonly Float64Array[],
  guess: Box,
  side: number,
  least: number,
): Round | undefined {
  const { found, tried } = scratch.get(side) ?? { found: emptyCells(side), tried: emptyCells(side) };
  for (const [k, integral] of integrals.entries()) meansWithin(integral, guess, side, found[k]);
  let fits = found.map((cells, k) => fitted(wanted[k], cells));
  const variance = fits.reduce((sum, fit) => sum + fit.variance, 0);
  let error = fits.reduce((sum, fit) => sum + fit.error, 0);
  if (correlationOf({ error, variance }) < least) return undefined;
  let box = guess;
  let damping = 0.01;
  let equations = stepEquations(wanted, found, fits, box, side);
  for (let step = 0; step < MOST_STEPS; step++) {
    const move = solveDamped(equations, damping);
    const next = within(box, move);
    for (const [k, integral] of integrals.entries()) meansWithin(integral, next, side, tried[k]);
    const nextFits = tried.map((cells, k) => fitted(wanted[k], cells));
    const nextError = nextFits.reduce((sum, fit) => sum + fit.error, 0);
    const isSmall = Math.max(...move.map(Math.abs)) < LEAST_STEP;
    if (nextError >= error) {
      if (isSmall) break;
      damping *= 10;
      continue;
    }
    for (const [k, cells] of tried.entries()) found[k].set(cells);
    [box, error, fits] = [next, nextError, nextFits];
    if (isSmall) break;
    damping /= 5;
    equations = stepEquations(wanted, found, fits, box, side);
  }
  return { box, found, fits, error, variance };
}

/** A step as middle x, middle y, width and height, in cells of a thumbnail; a box stays within the picture. */
function within({ left, top, width, height }: Box, [x, y, w, h]: readonly number[]): Box {
  const [x0, y0] = [left + x - w / 2, top + y - h / 2];
  const [x1, y1] = [x0 + width + w, y0 + height + h];
  const clamped = (from: number, to: number): { start: number; size: number } => {
    const end = Math.min(THUMBNAIL_SIDE, to);
    const start = Math.min(Math.max(0, from), THUMBNAIL_SIDE - LEAST_SIZE);
    return { start, size: Math.min(THUMBNAIL_SIDE - start, Math.max(LEAST_SIZE, end - start)) };
  };
  const [horizontal, vertical] = [clamped(x0, x1), clamped(y0, y1)];
  return { left: horizontal.start, top: vertical.start, width: horizontal.size, height: vertical.size };
}

/** Normal equations of a step: 4 x 4 products of what each number of the box changes, then their 4 products with what is left. */
function stepEquations(
  wanted: readonly Float64Array[],
  found: readonly Float64Array[],
  fits: readonly Fit[],
  { width, height }: Box,
  side: number,
): Float64Array {
  const sums = new Float64Array(20);
  const [perCellX, perCellY] = [side / width, side / height];
  for (const [k, cells] of found.entries()) {
    const { gain, offset } = fits[k];
    const means = [0, 0, 0, 0];
    for (let row = 0; row < side; row++) {
      const [above, below] = [Math.max(0, row - 1), Math.min(side - 1, row + 1)];
      const v = (row + 0.5) / side - 0.5;
      for (let column = 0; column < side; column++) {
        const [before, after] = [Math.max(0, column - 1), Math.min(side - 1, column + 1)];
        const u = (column + 0.5) / side - 0.5;
        const at = row * side + column;
        const dx = (gain * perCellX * (cells[row * side + after] - cells[row * side + before])) / (after - before);
        const dy = (gain * perCellY * (cells[below * side + column] - cells[above * side + column])) / (below - above);
        const [dw, dh] = [u * dx, v * dy];
        const left = wanted[k][at] - gain * cells[at] - offset;
        means[0] += dx;
        means[1] += dy;
        means[2] += dw;
        means[3] += dh;
        sums[0] += dx * dx;
        sums[1] += dx * dy;
        sums[2] += dx * dw;
        sums[3] += dx * dh;
        sums[5] += dy * dy;
        sums[6] += dy * dw;
        sums[7] += dy * dh;
        sums[10] += dw * dw;
        sums[11] += dw * dh;
        sums[15] += dh * dh;
        sums[16] += dx * left;
        sums[17] += dy * left;
        sums[18] += dw * left;
        sums[19] += dh * left;
      }
    }
    // A frame's brightness is free, so that a change of its mean is none.
    for (let i = 0; i < 4; i++) for (let j = i; j < 4; j++) sums[4 * i + j] -= (means[i] * means[j]) / cells.length;
  }
  for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) sums[4 * i + j] = sums[4 * j + i];
  return sums;
}

/** Solves the equations, their diagonal made larger by a share: Gaussian elimination without pivots, for the matrix is positive. */
function solveDamped(equations: Float64Array, damping: number): number[] {
  const rows = [0, 1, 2, 3].map((i) => [...equations.subarray(4 * i, 4 * i + 4), equations[16 + i]]);
  for (let i = 0; i < 4; i++) rows[i][i] = rows[i][i] * (1 + damping) + 1e-9;
  for (let i = 0; i < 4; i++) {
    for (let j = i + 1; j < 4; j++) {
      const share = rows[j][i] / rows[i][i];
      for (let k = i; k < 5; k++) rows[j][k] -= share * rows[i][k];
    }
  }
  const move = [0, 0, 0, 0];
  for (let i = 3; i >= 0; i--) {
    let rest = rows[i][4];
    for (let k = i + 1; k < 4; k++) rest -= rows[i][k] * move[k];
    move[i] = rest / rows[i][i];
  }
  return move;
}

export interface Fit {
  readonly gain: number;
  readonly offset: number;
  /** Sums of squares: of what is left, and of what is wanted about its mean. */
  readonly error: number;
  readonly variance: number;
}

/** Least squares of `wanted = gain * found + offset`; only a positive gain is one of brightness and contrast. */
export function fitted(wanted: Float64Array, found: Float64Array): Fit {
  const count = wanted.length;
  let [sumA, sumB, sumAA, sumAB, sumBB] = [0, 0, 0, 0, 0];
  for (let at = 0; at < count; at++) {
    const [a, b] = [wanted[at], found[at]];
    sumA += a;
    sumB += b;
    sumAA += a * a;
    sumAB += a * b;
    sumBB += b * b;
  }
  const varianceA = sumAA - (sumA * sumA) / count;
  const varianceB = sumBB - (sumB * sumB) / count;
  const covariance = sumAB - (sumA * sumB) / count;
  const gain = varianceB <= 0 ? 0 : Math.max(0, covariance / varianceB);
  return {
    gain,
    offset: (sumA - gain * sumB) / count,
    variance: varianceA,
    error: varianceA - 2 * gain * covariance + gain * gain * varianceB,
  };
}
