import { fitted } from './crop-alignment';
import { SIGNATURE_FRAMES, type ClipSignature } from './clip-signature';
import { integralOf, meansOfWhole, meansWithin, type Box } from './integral';
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
  // Colour only adds to what differs: where luma differs clearly, it need not be looked at.
  const luma: CellsOf = (plane, frame) => cellsOfPair(plane, frame, crop, whole, box, mirrored);
  if (compare(luma, FIRST_FRAMES, false).difference > CLEAR_DIFFERENCE) return undefined;
  if (compare(known(luma, FIRST_FRAMES, ['luma']), FIRST_FRAMES, true).difference > CLEAR_DIFFERENCE) return undefined;
  const agreement = compare(known(luma, FIRST_FRAMES, planes), [...crop.keys()], true);
  const isSame = agreement.correlation >= LEAST_CORRELATION && agreement.difference <= MOST_DIFFERENCE;
  return isSame ? agreement : undefined;
}

const planes = ['luma', 'cb', 'cr'] as const;
type PlaneName = keyof Thumbnail;

interface Pair {
  readonly wanted: Float64Array;
  readonly found: Float64Array;
}

/** Cells of both clips in a plane of a frame. */
type CellsOf = (plane: PlaneName, frame: number) => Pair;

/** Cells of the pair that is compared: written over by the next one, for there are very many. */
const cells = planes.map(() => Array.from({ length: SIGNATURE_FRAMES }, () => ({ wanted: emptyCells(), found: emptyCells() })));
let integral: Float64Array | undefined;

function emptyCells(): Float64Array {
  return new Float64Array(SIDE * SIDE);
}

function placeOf(plane: PlaneName, frame: number): Pair {
  return cells[planes.indexOf(plane)][frame];
}

function cellsOfPair(plane: PlaneName, frame: number, crop: ClipSignature, whole: ClipSignature, box: Box, mirrored: boolean): Pair {
  const pair = placeOf(plane, frame);
  meansOfWhole(crop[frame][plane], SIDE, mirrored, pair.wanted);
  integral = integralOf(whole[frame][plane], integral);
  meansWithin(integral, box, SIDE, pair.found);
  return pair;
}

/** The same, where those of some frames and planes are there. */
function known(of: CellsOf, frames: readonly number[], made: readonly PlaneName[]): CellsOf {
  return (plane, frame) => (made.includes(plane) && frames.includes(frame) ? placeOf(plane, frame) : of(plane, frame));
}

/**
 * Compares frames in luma, each frame's brightness and contrast fitted, and in chroma, whose strength is fitted for the clip.
 * @param colored whether chroma is looked at
 */
function compare(of: CellsOf, frames: readonly number[], colored: boolean): Agreement {
  const pairs = (plane: PlaneName): Pair[] => frames.map((frame) => of(plane, frame));
  const chroma = colored ? [pairs('cb'), pairs('cr')] : [];
  const strength = chromaStrength(chroma.flat());
  const places: number[] = [];
  let [error, variance] = [0, 0];
  for (const [frame, { wanted, found }] of pairs('luma').entries()) {
    const fit = fitted(wanted, found);
    variance += fit.variance;
    error += fit.error;
    const squares = new Float64Array((SIDE / PLACE) ** 2);
    for (let at = 0; at < wanted.length; at++) {
      const left = wanted[at] - fit.gain * found[at] - fit.offset;
      squares[placeAt(at)] += left * left;
    }
    for (const plane of chroma) {
      const pair = plane[frame];
      for (let at = 0; at < wanted.length; at++) {
        const left = CHROMA_WEIGHT * (pair.wanted[at] - GREY - strength * (pair.found[at] - GREY));
        squares[placeAt(at)] += left * left;
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

/** The place that a cell lies in. */
function placeAt(cell: number): number {
  return Math.floor(cell / SIDE / PLACE) * (SIDE / PLACE) + Math.floor((cell % SIDE) / PLACE);
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
