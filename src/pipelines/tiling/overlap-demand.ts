import type { Video } from '../../models';
import type { LatentSize, OverlapDemand } from './tile-plan';

/** Latents to either side of a seam over which its busyness is taken. */
const reach = 2;

/**
 * How busy latents are along each axis: the mean absolute difference of neighbouring latents, plus their mean deviation from
 * the channel's mean, at each position, over its mean along the axis. 1 everywhere where the content is even.
 *
 * @param latents [B, C, F, H, W]
 */
export function latentActivity(latents: Video): { frames: Float64Array; rows: Float64Array; columns: Float64Array } {
  const [batch, channels, frames, rows, columns] = latents.shape;
  const sizes = [frames, rows, columns] as const;
  const strides = [rows * columns, columns, 1] as const;
  const volume = frames * rows * columns;
  const sums = sizes.map((size) => new Float64Array(size));
  for (let plane = 0; plane < batch * channels; plane++) {
    const data = latents.data.subarray(plane * volume, (plane + 1) * volume);
    const mean = data.reduce((sum, value) => sum + value, 0) / volume;
    data.forEach((value, i) => {
      const deviation = Math.abs(value - mean);
      for (let axis = 0; axis < 3; axis++) {
        const position = Math.floor(i / strides[axis]) % sizes[axis];
        const edge = position + 1 < sizes[axis] ? Math.abs(data[i + strides[axis]] - value) : 0;
        sums[axis][position] += deviation + edge;
      }
    });
  }
  const [alongFrames, alongRows, alongColumns] = sums.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return mean === 0 ? values.fill(1) : values.map((value) => value / mean);
  });
  return { frames: alongFrames, rows: alongRows, columns: alongColumns };
}

/**
 * Overlaps that follow the content: `least` where it is as busy as on average or less, in proportion more where it is busier, `most`
 * at the highest.
 */
export function contentDemand(latents: Video, least: LatentSize, most: LatentSize): OverlapDemand {
  const activity = latentActivity(latents);
  const along =
    (values: Float64Array, low: number, high: number) =>
    (position: number): number => {
      const first = Math.max(0, Math.ceil(position) - reach);
      const near = values.subarray(first, Math.min(values.length, Math.floor(position) + reach));
      const busy = near.length === 0 ? 1 : near.reduce((sum, value) => sum + value, 0) / near.length;
      return Math.max(low, Math.min(high, Math.ceil(low * busy - 1e-9)));
    };
  return {
    frames: along(activity.frames, least.frames, most.frames),
    rows: along(activity.rows, least.rows, most.rows),
    columns: along(activity.columns, least.columns, most.columns),
  };
}
