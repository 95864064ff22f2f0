/** What of a clip can be heard too: what is new, impacts and a mouth, frame by frame. */
import type { Plane } from './planes';

/** Series over the frames of a clip. Value k of the first two is about what happens from frame k - 1 to frame k; 0 for the first. */
export interface Sight {
  /** Frames a second. */
  readonly frameRate: number;
  /** How new a frame is: the mean difference of luma from the most similar of the frames of the last quarter of a second, 0 to 1. */
  readonly novelty: ArrayLike<number>;
  /** Sudden changes of motion: by how much the speed of what moves changes, in shares of the picture's diagonal a frame. */
  readonly impacts: ArrayLike<number>;
  /** How far a mouth is open at each frame: share of the lower half of a face that is dark. Absent where no face is seen. */
  readonly mouth?: ArrayLike<number>;
}

/** Takes the frames of a clip one after another. */
export interface SightObserver {
  /** @param colors red, green and blue, 8 bits */
  add(colors: readonly Plane[], luma: Plane): void;
  sight(): Sight;
}

/** Pictures are judged at about this many pixels along their longer side: what is heard is not small, and noise is. */
const sightSize = 64;
/** Differences below this many times their median are noise. */
const noiseFactor = 4;
/** Least difference that counts, of 255. */
const leastDifference = 6;
/** Least share of a picture that must move to have a speed. */
const leastMoved = 0.0005;
/** What was seen within this many seconds before is not new: the end of a flash is no event. */
const memorySeconds = 0.25;
/** Least share of a picture that is skin where there is a face, and least share of frames that show one. */
const leastFace = 0.02;
const leastSeen = 0.9;
/** What is darker than this share of the skin's mean luma is an opening. */
const darkShare = 0.45;

/** @param frameRate frames a second */
export function observeSight(frameRate: number): SightObserver {
  const memory = Math.max(2, Math.round(memorySeconds * frameRate) + 1);
  const recent: Plane[] = [];
  const novelty: number[] = [];
  const speeds: Vector[] = [];
  const mouths: (number | undefined)[] = [];
  return {
    add(colors, luma) {
      const small = reduced(luma);
      const differences = recent.map((earlier) => meanDifference(earlier, small));
      novelty.push(differences.length === 0 ? 0 : Math.min(...differences) / 255);
      speeds.push(recent.length === 0 ? still : speedBetween(recent[recent.length - 1], small));
      mouths.push(mouthOpening(colors, luma));
      recent.push(small);
      if (recent.length > memory) recent.shift();
    },
    sight() {
      const seen = mouths.filter((opening) => opening !== undefined);
      const face = mouths.length > 0 && seen.length >= leastSeen * mouths.length;
      const mouth = face ? { mouth: heldOver(mouths) } : {};
      return { frameRate, novelty, impacts: impactsOf(speeds), ...mouth };
    },
  };
}

/** Means of squares of pixels. */
function reduced({ width, height, samples, peak }: Plane): Plane {
  const factor = Math.max(1, Math.floor(Math.max(width, height) / sightSize));
  const [columns, rows] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const sums = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const cell = Math.floor(y / factor) * columns + Math.floor(x / factor);
      sums[cell] += samples[at];
      counts[cell]++;
    }
  }
  return { width: columns, height: rows, samples: sums.map((sum, cell) => sum / counts[cell]), peak };
}

function meanDifference(before: Plane, after: Plane): number {
  let sum = 0;
  for (let at = 0; at < after.samples.length; at++) sum += Math.abs(after.samples[at] - before.samples[at]);
  return sum / after.samples.length;
}

interface Vector {
  readonly x: number;
  readonly y: number;
}

const still: Vector = { x: 0, y: 0 };

/**
 * Speed of what moves, in shares of the picture's diagonal a frame: the displacement that explains best what changed beyond noise, by the gradients
 * there (Lucas and Kanade 1981, "An iterative image registration technique", one step over all that changed). 0 where next to nothing did.
 */
function speedBetween(before: Plane, after: Plane): Vector {
  const { width, height, samples } = after;
  const earlier = before.samples;
  const histogram = new Uint32Array(256);
  for (let at = 0; at < samples.length; at++) histogram[Math.round(Math.abs(samples[at] - earlier[at]))]++;
  let [median, below] = [0, histogram[0]];
  while (below < samples.length / 2) below += histogram[++median];
  const threshold = Math.max(leastDifference, noiseFactor * median);
  let [xx, xy, yy, xt, yt, moved] = [0, 0, 0, 0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const change = samples[at] - earlier[at];
      if (Math.abs(change) <= threshold) continue;
      moved++;
      const dx = (samples[at + 1] - samples[at - 1] + earlier[at + 1] - earlier[at - 1]) / 4;
      const dy = (samples[at + width] - samples[at - width] + earlier[at + width] - earlier[at - width]) / 4;
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
      xt += dx * change;
      yt += dy * change;
    }
  }
  // A ridge keeps edges of one direction, which tell nothing across it, from giving any speed.
  const ridge = threshold * threshold * moved + 1e-9;
  const [a, d] = [xx + ridge, yy + ridge];
  const determinant = a * d - xy * xy;
  if (moved < Math.max(1, leastMoved * samples.length)) return still;
  const diagonal = Math.hypot(width, height);
  return { x: (xy * yt - d * xt) / determinant / diagonal, y: (xy * xt - a * yt) / determinant / diagonal };
}

/** How much the speed after a pair of frames differs from that before it: a bounce falls between the two. */
function impactsOf(speeds: readonly Vector[]): Float64Array {
  return Float64Array.from({ length: speeds.length }, (_, k) => {
    const [before, after] = [speeds[k - 1] ?? still, speeds[k + 1] ?? speeds[k]];
    return k === 0 ? 0 : Math.hypot(after.x - before.x, after.y - before.y);
  });
}

/** Skin after Chai and Ngan 1999 ("Face segmentation using skin-color map in videophone applications"): Cb 77 to 127, Cr 133 to 173. */
function isSkin(red: number, green: number, blue: number): boolean {
  const cb = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue;
  const cr = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue;
  return cb >= 77 && cb <= 127 && cr >= 133 && cr <= 173;
}

/** Share of the lower half of the box around what is skin that is much darker than it; undefined where there is next to none. */
function mouthOpening([red, green, blue]: readonly Plane[], luma: Plane): number | undefined {
  const { width, height } = luma;
  const columns = new Uint32Array(width);
  const rows = new Uint32Array(height);
  let [count, sum] = [0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!isSkin(red.samples[at], green.samples[at], blue.samples[at])) continue;
      columns[x]++;
      rows[y]++;
      count++;
      sum += luma.samples[at];
    }
  }
  if (count < leastFace * width * height) return undefined;
  const [left, right] = middleOf(columns, count);
  const [top, bottom] = middleOf(rows, count);
  const dark = (darkShare * sum) / count;
  const middle = Math.floor((top + bottom) / 2);
  let [open, all] = [0, 0];
  for (let y = middle; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      all++;
      if (luma.samples[y * width + x] < dark) open++;
    }
  }
  return all === 0 ? undefined : open / all;
}

/** From where to where all but a twentieth of what was counted lies, half of that on each side. */
function middleOf(counts: Uint32Array, total: number): readonly [number, number] {
  const place = (share: number): number => {
    let sum = 0;
    for (let k = 0; k < counts.length; k++) {
      sum += counts[k];
      if (sum >= share * total) return k;
    }
    return counts.length - 1;
  };
  return [place(0.025), place(0.975)];
}

/** Each value, or where there is none the one before it. */
function heldOver(values: readonly (number | undefined)[]): Float64Array {
  let last = values.find((value) => value !== undefined) ?? 0;
  return Float64Array.from(values, (value) => (last = value ?? last));
}
