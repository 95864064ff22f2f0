/**
 * Clips that show the same: coded again, scaled, brighter or darker, cropped, mirrored. Each clip is known by thumbnails of
 * frames at the same parts of its length. A coarse search compares 128 bits of a whole clip with those of many crops of every
 * other one; what is near is aligned, and judged by what then still differs, place by place.
 */
import { alignCrop, type Alignment } from './crop-alignment';
import { ConnectedGroups } from './connected-groups';
import { WHOLE, integralOf, meansWithin, type Box } from './integral';
import { THUMBNAIL_SIDE, type Thumbnail } from './thumbnail';

/** Thumbnails of a clip, `SIGNATURE_FRAMES` of them. */
export type ClipSignature = readonly Thumbnail[];

/** Frames that a clip is known by, in the middle of as many equal parts of its length. */
export const SIGNATURE_FRAMES = 8;

/** Two clips that show the same. */
export interface DuplicatePair {
  /** Places in the list of clips. `crop` shows the part `box` of what `whole` shows, in shares of its sides. */
  readonly whole: number;
  readonly crop: number;
  readonly box: Box;
  readonly mirrored: boolean;
}

/** Frames whose bits are compared in the coarse search, far from each other. */
const HASHED_FRAMES = [2, 5] as const;
const HASH_SIDE = 8;
/** Words of 32 bits: two a frame. */
const WORDS = 4;
/** Bits of one frame, and of both, that may differ for a pair to be looked at closely. */
const NEAR_FRAME = 15;
const NEAR = 24;
/** Levels that mean chroma may differ by. */
const NEAR_COLOR = 20;
/** Sizes of crops that are tried along each side, and places of each: the alignment finds what lies between. */
const CROP_SIZES = [1, 0.92, 0.84, 0.76, 0.68];
const CROP_PLACES = [0, 1 / 3, 2 / 3, 1];
/** Clips with less deviation of luma than this in their thumbnails (of 255) have no picture to be compared. */
const LEAST_DEVIATION = 3;

/** Boxes of the coarse search. */
const cropSpans = CROP_SIZES.flatMap((size) =>
  size === 1 ? [{ start: 0, size }] : CROP_PLACES.map((place) => ({ start: place * (1 - size), size })),
);
const cropBoxes: readonly Box[] = cropSpans.flatMap((vertical) =>
  cropSpans.map((horizontal) => ({
    left: horizontal.start * THUMBNAIL_SIDE,
    top: vertical.start * THUMBNAIL_SIDE,
    width: horizontal.size * THUMBNAIL_SIDE,
    height: vertical.size * THUMBNAIL_SIDE,
  })),
);

/**
 * Pairs that show the same, enough of them to connect all that do. Time is quadratic in the number of clips, at about a microsecond a pair and
 * crop; clips that begin or end at other moments are not found.
 */
export function findDuplicates(clips: readonly ClipSignature[]): DuplicatePair[] {
  const fingerprints = clips.map((clip) => (hasPicture(clip) ? fingerprintOf(clip) : undefined));
  const groups = new ConnectedGroups(clips.length);
  const pairs: DuplicatePair[] = [];
  for (let earlier = 0; earlier < clips.length; earlier++) {
    for (let later = earlier + 1; later < clips.length; later++) {
      if (groups.connected(earlier, later)) continue;
      // Either may be a crop of the other; two of one size are both.
      const found = [
        { whole: earlier, crop: later },
        { whole: later, crop: earlier },
      ].flatMap(({ whole, crop }) => {
        const near = nearestCrop(fingerprints[crop], fingerprints[whole]);
        if (near === undefined) return [];
        return [{ whole, crop, mirrored: near.mirrored, alignment: alignCrop(clips[crop], clips[whole], near.box, near.mirrored) }];
      });
      const same = found
        .filter(({ alignment }) => showsTheSame(alignment))
        .toSorted((a, b) => a.alignment.difference - b.alignment.difference);
      if (same.length === 0) continue;
      const [{ whole, crop, mirrored, alignment }] = same;
      pairs.push({ whole, crop, box: sharesOf(alignment.box), mirrored });
      groups.connect(whole, crop);
    }
  }
  return pairs;
}

const sharesOf = ({ left, top, width, height }: Box): Box => ({
  left: left / THUMBNAIL_SIDE,
  top: top / THUMBNAIL_SIDE,
  width: width / THUMBNAIL_SIDE,
  height: height / THUMBNAIL_SIDE,
});

/** Least correlation of all cells, and most that places may differ by, levels of 255: chosen on a third of a labelled set, see docs/data.md. */
const LEAST_CORRELATION = 0.85;
const MOST_DIFFERENCE = 19;

function showsTheSame({ correlation, difference }: Alignment): boolean {
  return correlation >= LEAST_CORRELATION && difference <= MOST_DIFFERENCE;
}

function hasPicture(clip: ClipSignature): boolean {
  return HASHED_FRAMES.every((frame) => {
    const cells = clip[frame].luma;
    const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
    return Math.sqrt(cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / cells.length) >= LEAST_DEVIATION;
  });
}

/** What the coarse search knows of a clip. */
interface Fingerprint {
  /** Bits of every crop, and behind them those of every mirrored crop; the first is the whole picture. */
  readonly hashes: Uint32Array;
  /** Mean chroma of every crop: cb, cr. */
  readonly colors: Float32Array;
}

function fingerprintOf(clip: ClipSignature): Fingerprint {
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

/** The crop of the other clip that is nearest to the whole of this one; undefined where none is near. */
function nearestCrop(
  own: Fingerprint | undefined,
  other: Fingerprint | undefined,
): { readonly box: Box; readonly mirrored: boolean } | undefined {
  if (own === undefined || other === undefined) return undefined;
  const [bits, others] = [own.hashes, other.hashes];
  let [least, nearest] = [NEAR + 1, -1];
  for (let at = 0; at < others.length; at += WORDS) {
    const first = ones(bits[0] ^ others[at]) + ones(bits[1] ^ others[at + 1]);
    if (first > NEAR_FRAME) continue;
    const second = ones(bits[2] ^ others[at + 2]) + ones(bits[3] ^ others[at + 3]);
    if (second > NEAR_FRAME || first + second >= least) continue;
    [least, nearest] = [first + second, at / WORDS];
  }
  if (nearest < 0) return undefined;
  const crop = nearest % cropBoxes.length;
  const apart = Math.hypot(own.colors[0] - other.colors[2 * crop], own.colors[1] - other.colors[2 * crop + 1]);
  return apart > NEAR_COLOR ? undefined : { box: cropBoxes[crop] ?? WHOLE, mirrored: nearest >= cropBoxes.length };
}

/** How many bits are set (Warren, "Hacker's delight", section 5-1). */
function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
