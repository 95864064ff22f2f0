import { motions, offsetAt, turningMotions, type MotionName } from '../world/motions';

/** Where an object is in a frame, in pixels of the picture; `pixels` is how many it has. */
export interface Sighting {
  readonly pixels: number;
  readonly x: number;
  readonly y: number;
}

const leastPixels = 6;
/** How many pixels of way a factor e of the radius counts as. */
const pixelsPerGrowth = 11;
/** By what a path may be longer or shorter than its motion's. */
const [leastExtent, mostExtent] = [0.65, 1.35];
/** Root of the mean squared distance, pixels of a clip 64 wide, beyond which a path is no motion's. */
const farthest = 4.5;
const phases = 24;
/** Least overlap of two frames of an object that does not turn. */
const turnedOverlap = 0.82;

export function sightingsOf(mask: Uint8Array, frames: number, size: number): Sighting[] {
  return Array.from({ length: frames }, (_, frame) => {
    let [pixels, x, y] = [0, 0, 0];
    for (let k = 0; k < size * size; k++) {
      if (mask[frame * size * size + k] === 0) continue;
      pixels++;
      x += (k % size) + 0.5;
      y += Math.floor(k / size) + 0.5;
    }
    return { pixels, x: x / pixels, y: y / pixels };
  });
}

/** Rows (x, y, growth) about their mean. */
function centred(rows: readonly (readonly number[])[]): number[][] {
  const means = [0, 1, 2].map((axis) => rows.reduce((total, row) => total + row[axis], 0) / rows.length);
  return rows.map((row) => row.map((value, axis) => value - means[axis]));
}

/** Mean squared distance of a path from a motion's, of the best extent that is allowed. */
function misfit(path: readonly (readonly number[])[], model: readonly (readonly number[])[]): number {
  let [along, length] = [0, 0];
  path.forEach((row, k) =>
    row.forEach((value, axis) => {
      along += value * model[k][axis];
      length += model[k][axis] ** 2;
    }),
  );
  const extent = length === 0 ? 1 : Math.min(mostExtent, Math.max(leastExtent, along / length));
  let total = 0;
  path.forEach((row, k) => row.forEach((value, axis) => (total += (value - extent * model[k][axis]) ** 2)));
  return total / path.length;
}

/**
 * The motion whose path lies nearest to an object's, over all places and phases, and a third more or less of its extent; undefined
 * when none is near, the object is not seen in half of the frames, or it only stands still.
 * @param sightings of each frame
 * @param size pixels a side
 */
export function readMotion(sightings: readonly Sighting[], mask: Uint8Array, size: number): MotionName | undefined {
  const frames = sightings.length;
  const seen = sightings.flatMap(({ pixels }, frame) => (pixels >= leastPixels ? [frame] : []));
  if (seen.length < frames / 2) return undefined;
  const unit = 64 / size;
  const path = centred(
    seen.map((frame) => {
      const { x, y, pixels } = sightings[frame];
      return [x * unit, y * unit, (pixelsPerGrowth * Math.log(pixels)) / 2];
    }),
  );
  let best: { motion: MotionName; distance: number } | undefined;
  for (const motion of motions) {
    for (let turn = 0; turn < (turningMotions.has(motion) ? phases : 1); turn++) {
      const model = centred(
        seen.map((frame) => {
          const { dx, dy, scale } = offsetAt(motion, frame / (frames - 1), (2 * Math.PI * turn) / phases);
          return [dx, dy, pixelsPerGrowth * Math.log(scale)];
        }),
      );
      const distance = misfit(path, model);
      if (best === undefined || distance < best.distance) best = { motion, distance };
    }
  }
  if (best === undefined || best.distance > farthest ** 2) return undefined;
  return best.motion === 'spin' && !turns(sightings, seen, mask, size) ? undefined : best.motion;
}

/** Whether what is at one place looks different from frame to frame, laid over each other at their centres. */
function turns(sightings: readonly Sighting[], seen: readonly number[], mask: Uint8Array, size: number): boolean {
  const area = size * size;
  const [first, ...others] = seen;
  const overlaps = others.map((frame) => {
    const [dx, dy] = [Math.round(sightings[frame].x - sightings[first].x), Math.round(sightings[frame].y - sightings[first].y)];
    let both = 0;
    for (let k = 0; k < area; k++) {
      const [column, row] = [(k % size) + dx, Math.floor(k / size) + dy];
      const inside = column >= 0 && column < size && row >= 0 && row < size;
      if (inside && mask[first * area + k] === 1 && mask[frame * area + row * size + column] === 1) both++;
    }
    return both / (sightings[first].pixels + sightings[frame].pixels - both);
  });
  return Math.min(...overlaps) < turnedOverlap;
}
