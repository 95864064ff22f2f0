/** A coarse search for crops: 128 bits of a whole clip are compared with those of many crops of another one, mirrored and not. */
import type { ClipSignature } from './clip-signature';
import { integralOf, meansWithin, type Box } from './integral';
import { THUMBNAIL_SIDE } from './thumbnail';

/** Frames whose bits are compared, far from each other. */
const HASHED_FRAMES = [2, 5] as const;
const HASH_SIDE = 8;
/** Words of 32 bits: two a frame. */
const WORDS = 4;
/** Bits of one frame, and of both, that may differ for a pair to be looked at closely. */
const NEAR_FRAME = 16;
const NEAR = 26;
/** Levels that mean chroma may differ by. */
const NEAR_COLOR = 20;
/**
 * Sizes of crops along each side, and how many places of each: no crop is further from one of them than a third of a part that has a bit, so
 * that fine textures agree as well.
 */
const CROP_SPANS = [
  { size: 1, places: 1 },
  { size: 0.92, places: 3 },
  { size: 0.84, places: 4 },
  { size: 0.76, places: 6 },
  { size: 0.68, places: 8 },
];
/** Clips with less deviation of luma than this in their thumbnails (of 255) have no picture to be compared. */
const LEAST_DEVIATION = 3;

const cropSpans = CROP_SPANS.flatMap(({ size, places }) =>
  Array.from({ length: places }, (_, place) => ({ start: places === 1 ? 0 : (place / (places - 1)) * (1 - size), size })),
);
const cropBoxes: readonly Box[] = cropSpans.flatMap((vertical) =>
  cropSpans.map((horizontal) => ({
    left: horizontal.start * THUMBNAIL_SIDE,
    top: vertical.start * THUMBNAIL_SIDE,
    width: horizontal.size * THUMBNAIL_SIDE,
    height: vertical.size * THUMBNAIL_SIDE,
  })),
);

/** What the coarse search knows of a clip. */
export interface Fingerprint {
  /** Bits of every crop, and behind them those of every mirrored crop; the first is the whole picture. */
  readonly hashes: Uint32Array;
  /** Mean chroma of every crop: cb, cr. */
  readonly colors: Float32Array;
}

/** Undefined for a clip without a picture: one colour alone. */
export function fingerprintOf(clip: ClipSignature): Fingerprint | undefined {
  if (!hasPicture(clip)) return undefined;
  const hashes = new Uint32Array(2 * cropBoxes.length * WORDS);
  const means = new Float64Array(HASH_SIDE * HASH_SIDE);
  for (const [place, frame] of HASHED_FRAMES.entries()) {
    const integral = integralOf(clip[frame].luma);
    for (const [crop, box] of cropBoxes.entries()) {
      meansWithin(integral, box, HASH_SIDE, means);
      writeBits(means, hashes, crop * WORDS + 2 * place, false);
      writeBits(means, hashes, (cropBoxes.length + crop) * WORDS + 2 * place, true);
    }
  }
  const colors = new Float32Array(2 * cropBoxes.length);
  const mean = new Float64Array(1);
  for (const [at, plane] of [clip[HASHED_FRAMES[0]].cb, clip[HASHED_FRAMES[0]].cr].entries()) {
    const integral = integralOf(plane);
    for (const [crop, box] of cropBoxes.entries()) {
      meansWithin(integral, box, 1, mean);
      colors[2 * crop + at] = mean[0];
    }
  }
  return { hashes, colors };
}

function hasPicture(clip: ClipSignature): boolean {
  return HASHED_FRAMES.every((frame) => {
    const cells = clip[frame].luma;
    const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
    return Math.sqrt(cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / cells.length) >= LEAST_DEVIATION;
  });
}

/** Whether each part is lighter than their mean, 64 bits. */
function writeBits(means: Float64Array, hashes: Uint32Array, at: number, mirrored: boolean): void {
  let mean = 0;
  for (const value of means) mean += value / means.length;
  for (let word = 0; word < 2; word++) {
    let bits = 0;
    for (let bit = 0; bit < 32; bit++) {
      const [row, column] = [4 * word + (bit >> 3), bit & 7];
      const value = means[row * HASH_SIDE + (mirrored ? HASH_SIDE - 1 - column : column)];
      if (value > mean) bits |= 1 << bit;
    }
    hashes[at + word] = bits;
  }
}

/** A part of a clip that the whole of another is near to. */
export interface NearCrop {
  readonly box: Box;
  readonly mirrored: boolean;
  /** Bits that differ. */
  readonly distance: number;
}

/**
 * The crops of the other clip that are nearest to the whole of this one: of those as they are, and of those mirrored, where any is near. Bits tell
 * little of a small object before a plain ground, so that both may be.
 */
export function nearestCrops(own: Fingerprint, other: Fingerprint): NearCrop[] {
  return [false, true].flatMap((mirrored) => nearestOf(own, other, mirrored) ?? []);
}

function nearestOf(own: Fingerprint, other: Fingerprint, mirrored: boolean): NearCrop | undefined {
  const [bits, others] = [own.hashes, other.hashes];
  const half = others.length / 2;
  const from = mirrored ? half : 0;
  let [least, nearest] = [NEAR + 1, -1];
  for (let at = from; at < from + half; at += WORDS) {
    const first = ones(bits[0] ^ others[at]) + ones(bits[1] ^ others[at + 1]);
    if (first > NEAR_FRAME) continue;
    const second = ones(bits[2] ^ others[at + 2]) + ones(bits[3] ^ others[at + 3]);
    if (second > NEAR_FRAME || first + second >= least) continue;
    [least, nearest] = [first + second, (at - from) / WORDS];
  }
  if (nearest < 0) return undefined;
  const apart = Math.hypot(own.colors[0] - other.colors[2 * nearest], own.colors[1] - other.colors[2 * nearest + 1]);
  return apart > NEAR_COLOR ? undefined : { box: cropBoxes[nearest], mirrored, distance: least };
}

/** How many bits are set (Warren, "Hacker's delight", section 5-1). */
function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
