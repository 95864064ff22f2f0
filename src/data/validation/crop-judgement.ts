import { cellsOf, fitted } from './crop-alignment';
import type { ClipSignature } from './duplicates';
import { WHOLE, integralOf, type Box } from './integral';
import type { Thumbnail } from './thumbnail';

/** How a clip agrees with a part of another. */
export interface Agreement {
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
/** Frames that are enough to see a clear difference. */
const FIRST_FRAMES = [0, 3, 7] as const;

/** Least correlation of all cells, and most that places may differ by, levels of 255: chosen on a set of their own, see docs/data.md. */
const LEAST_CORRELATION = 0.85;
const MOST_DIFFERENCE = 16;
/** Difference of the first frames that the others do not mend. */
const CLEAR_DIFFERENCE = 2 * MOST_DIFFERENCE;

/** How `crop` agrees with what is in the box of `whole`; undefined where they do not show the same. */
export function agreementOf(crop: ClipSignature, whole: ClipSignature, box: Box, mirrored: boolean): Agreement | undefined {
  if (compare(crop, whole, box, mirrored, FIRST_FRAMES).difference > CLEAR_DIFFERENCE) return undefined;
  const agreement = compare(crop, whole, box, mirrored, [...crop.keys()]);
  const isSame = agreement.correlation >= LEAST_CORRELATION && agreement.difference <= MOST_DIFFERENCE;
  return isSame ? agreement : undefined;
}

interface Pair {
  readonly wanted: Float64Array;
  readonly found: Float64Array;
}

/** Compares frames in luma, each frame's brightness and contrast fitted, and in chroma, whose strength is fitted for the clip. */
function compare(crop: ClipSignature, whole: ClipSignature, box: Box, mirrored: boolean, frames: readonly number[]): Agreement {
  const pairs = (plane: keyof Thumbnail): Pair[] =>
    frames.map((frame) => ({
      wanted: cellsOf(integralOf(crop[frame][plane]), WHOLE, mirrored, SIDE),
      found: cellsOf(integralOf(whole[frame][plane]), box, false, SIDE),
    }));
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
    correlation: variance === 0 ? 0 : Math.sqrt(Math.max(0, 1 - error / variance)),
    difference: sorted[Math.floor((1 - SHARE_ABOVE) * (sorted.length - 1))] ?? 0,
  };
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
