import type { ClipSignature } from './duplicates';
import { WHOLE, integralOf, meansWithin, type Box } from './integral';
import { THUMBNAIL_SIDE, type Thumbnail } from './thumbnail';

/** How a clip agrees with a part of another once that part lies where it agrees best. */
export interface Alignment {
  readonly box: Box;
  /** Of all cells of all frames, each frame's mean taken out; -1 to 1. */
  readonly correlation: number;
  /** What differs most places apart: of places of 4 x 4 cells of all frames, the root mean square difference that 3 in 100 exceed; levels of 255. */
  readonly difference: number;
}

/** Cells along each side in which the two are judged. */
const SIDE = 32;
/** Cells along each side of a place whose difference counts as one. */
const PLACE = 4;
/** Share of places that may differ more than `difference`: an object that moves otherwise covers more. */
const SHARE_ABOVE = 0.03;
/** Frames that the search looks at. */
const SEARCH_FRAMES = [1, 4, 6] as const;
/** A step is taken where the error becomes less than this share of what it was. */
const LEAST_GAIN = 0.995;
/**
 * The search: cells along each side in which the two are compared, the step in cells of a thumbnail, and the correlation below which a box
 * is left as it is, since smaller steps will not make it agree.
 */
const ROUNDS = [
  { side: 16, step: 3, hopeless: 0.3 },
  { side: 16, step: 1.5, hopeless: 0.6 },
  { side: 16, step: 0.75, hopeless: 0.7 },
  { side: SIDE, step: 0.5, hopeless: 0.8 },
  { side: SIDE, step: 0.25, hopeless: 0.85 },
  { side: SIDE, step: 0.12, hopeless: 0.85 },
];
/** Frames that are judged before the finest steps, and the difference that these do not mend, more than twice what counts as the same. */
const JUDGED_FRAMES = [0, 3, 7] as const;
const CLEAR_DIFFERENCE = 55;
/** Least size of a box in cells. */
const LEAST_SIZE = 0.5 * THUMBNAIL_SIDE;

/**
 * Moves and scales a box of `whole`, from a first guess, until what is in it agrees best with `crop` after each frame's brightness
 * and contrast are fitted; by steps along one side or position at a time, then half as large.
 */
export function alignCrop(crop: ClipSignature, whole: ClipSignature, guess: Box, mirrored: boolean): Alignment {
  const integrals = SEARCH_FRAMES.map((frame) => integralOf(whole[frame].luma));
  const own = SEARCH_FRAMES.map((frame) => integralOf(crop[frame].luma));
  let box = guess;
  for (const { side, step, hopeless } of ROUNDS) {
    // Most pairs that look alike and are not the same differ so much at one place that no finer step is needed to see it.
    if (side === SIDE && judge(crop, whole, box, mirrored, JUDGED_FRAMES).difference > CLEAR_DIFFERENCE) break;
    const wanted = own.map((integral) => cellsOf(integral, WHOLE, false, side));
    const error = (candidate: Box): number =>
      integrals.reduce((sum, integral, k) => sum + fitted(wanted[k], cellsOf(integral, candidate, mirrored, side)).error, 0);
    let least = error(box);
    const variance = wanted.reduce((sum, cells) => sum + fitted(cells, cells).variance, 0);
    if (least > (1 - hopeless * hopeless) * variance) break;
    for (let moved = true; moved;) {
      moved = false;
      for (const candidate of neighbours(box, step)) {
        const found = error(candidate);
        if (found >= least * LEAST_GAIN) continue;
        [box, least, moved] = [candidate, found, true];
      }
    }
  }
  return judge(crop, whole, box, mirrored, crop.keys());
}

function cellsOf(integral: Float64Array, box: Box, mirrored: boolean, side: number): Float64Array {
  const cells = new Float64Array(side * side);
  meansWithin(integral, box, side, cells);
  if (mirrored) for (let row = 0; row < side; row++) cells.subarray(row * side, (row + 1) * side).reverse();
  return cells;
}

/** Boxes a step away that lie within the picture: moved, or one of their four sides moved. */
function neighbours({ left, top, width, height }: Box, step: number): Box[] {
  const boxes = [-step, step].flatMap((d) => [
    { left: left + d, top, width, height },
    { left, top: top + d, width, height },
    { left: left + d, top, width: width - d, height },
    { left, top: top + d, width, height: height - d },
    { left, top, width: width + d, height },
    { left, top, width, height: height + d },
  ]);
  return boxes
    .map((box) => {
      const [x, y] = [Math.max(0, box.left), Math.max(0, box.top)];
      return {
        left: x,
        top: y,
        width: Math.min(THUMBNAIL_SIDE - x, box.left + box.width - x),
        height: Math.min(THUMBNAIL_SIDE - y, box.top + box.height - y),
      };
    })
    .filter((box) => box.width >= LEAST_SIZE && box.height >= LEAST_SIZE);
}

interface Fit {
  readonly gain: number;
  readonly offset: number;
  /** Sums of squares: of what is left, and of what is wanted about its mean. */
  readonly error: number;
  readonly variance: number;
}

/** Least squares of `wanted = gain * found + offset`; only a positive gain is one of brightness and contrast. */
function fitted(wanted: Float64Array, found: Float64Array): Fit {
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

/** Compares all frames in luma, each frame's brightness and contrast fitted, and in chroma, whose strength is fitted for the clip. */
function judge(crop: ClipSignature, whole: ClipSignature, box: Box, mirrored: boolean, frames: Iterable<number>): Alignment {
  const looked = [...frames];
  const cells = (plane: Float32Array, part: Box, turned: boolean): Float64Array => cellsOf(integralOf(plane), part, turned, SIDE);
  const pairs = (plane: keyof Thumbnail): Pair[] =>
    looked.map((frame) => ({ wanted: cells(crop[frame][plane], WHOLE, false), found: cells(whole[frame][plane], box, mirrored) }));
  const chroma = [pairs('cb'), pairs('cr')];
  const strength = chromaStrength(chroma.flat());
  const places: number[] = [];
  let [error, variance] = [0, 0];
  for (const [frame, { wanted, found }] of pairs('luma').entries()) {
    const fit = fitted(wanted, found);
    variance += fit.variance;
    error += fit.error;
    const squares = new Float64Array((SIDE / PLACE) ** 2);
    for (let at = 0; at < wanted.length; at++) {
      const place = Math.floor(at / SIDE / PLACE) * (SIDE / PLACE) + Math.floor((at % SIDE) / PLACE);
      squares[place] += (wanted[at] - fit.gain * found[at] - fit.offset) ** 2;
      for (const plane of chroma) {
        squares[place] += (CHROMA_WEIGHT * (plane[frame].wanted[at] - GREY - strength * (plane[frame].found[at] - GREY))) ** 2;
      }
    }
    for (const sum of squares) places.push(Math.sqrt(sum) / PLACE);
  }
  const sorted = places.toSorted((a, b) => a - b);
  return {
    box,
    correlation: variance === 0 ? 0 : Math.sqrt(Math.max(0, 1 - error / variance)),
    difference: sorted[Math.floor((1 - SHARE_ABOVE) * (sorted.length - 1))] ?? 0,
  };
}

interface Pair {
  readonly wanted: Float64Array;
  readonly found: Float64Array;
}

/** Differences of colour count more than those of luma: edges that lie a little off are mostly luma. */
const CHROMA_WEIGHT = 1.5;
/** Chroma without colour. */
const GREY = 128;

/** By how much chroma is stronger than what was found, least squares; within what a change of saturation does. */
function chromaStrength(pairs: readonly Pair[]): number {
  let [products, squares] = [0, 0];
  for (const { wanted, found } of pairs) {
    for (let at = 0; at < wanted.length; at++) {
      products += (wanted[at] - GREY) * (found[at] - GREY);
      squares += (found[at] - GREY) ** 2;
    }
  }
  return squares === 0 ? 1 : Math.min(2, Math.max(0.5, products / squares));
}
