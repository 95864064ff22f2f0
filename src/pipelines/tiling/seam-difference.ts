import type { Video } from '../../models';
import type { PlacedSpan, TilePlan } from './tile-plan';

/** Mean absolute differences in units of 1/255 of the range of pixels, which is -1 to 1. */
export interface SeamDifference {
  /** Around the middle of every crossfade. */
  readonly seams: number;
  /** Over the whole video. */
  readonly whole: number;
  /** The largest of any pixel. */
  readonly largest: number;
}

/**
 * How far a decode in tiles is from a decode of the whole: near its seams, everywhere, and at most.
 *
 * @param reach pixels and frames to either side of the middle of a crossfade that count as its neighbourhood
 */
export function seamDifference(tiled: Video, whole: Video, plan: TilePlan, reach: { frames: number; pixels: number }): SeamDifference {
  const near = {
    frames: nearSeams(plan.frames, reach.frames),
    rows: nearSeams(plan.rows, reach.pixels),
    columns: nearSeams(plan.columns, reach.pixels),
  };
  const [, , frames, rows, columns] = whole.shape;
  let seamSum = 0;
  let seamCount = 0;
  let sum = 0;
  let largest = 0;
  whole.data.forEach((value, i) => {
    const difference = Math.abs(value - tiled.data[i]) * 127.5;
    sum += difference;
    largest = Math.max(largest, difference);
    const column = i % columns;
    const row = Math.floor(i / columns) % rows;
    const frame = Math.floor(i / (columns * rows)) % frames;
    if (near.frames[frame] === 0 && near.rows[row] === 0 && near.columns[column] === 0) return;
    seamSum += difference;
    seamCount++;
  });
  return { seams: seamCount === 0 ? 0 : seamSum / seamCount, whole: sum / whole.data.length, largest };
}

/** 1 at positions within `reach` of where a span's weight falls below a half. */
function nearSeams(spans: readonly PlacedSpan[], reach: number): Uint8Array {
  const near = new Uint8Array(spans[spans.length - 1].placed.end);
  spans.slice(0, -1).forEach(({ placed, weights }, k) => {
    const overlapStart = spans[k + 1].placed.start - placed.start;
    const behind = weights.findIndex((weight, i) => i >= overlapStart && weight < 0.5);
    const middle = placed.start + (behind === -1 ? weights.length : behind);
    near.fill(1, Math.max(0, middle - reach), middle + reach);
  });
  return near;
}
