/** Sizes [batch, channels, frames, rows, columns]. */
export type VideoShape = readonly [batch: number, channels: number, frames: number, rows: number, columns: number];

/** A video or its latents on the CPU, row-major. */
export interface Video {
  readonly shape: VideoShape;
  readonly data: Float32Array;
}

/** Half-open ranges of frames, rows and columns. */
export interface VideoRange {
  readonly frames?: readonly [number, number];
  readonly rows?: readonly [number, number];
  readonly columns?: readonly [number, number];
}

/** A copy of part of a video; ranges are cut off at its end. */
export function cropVideo({ shape, data }: Video, range: VideoRange): Video {
  const [batch, channels, allFrames, allRows, allColumns] = shape;
  const within = (bounds: readonly [number, number] | undefined, size: number): [number, number] =>
    bounds === undefined ? [0, size] : [Math.min(bounds[0], size), Math.min(bounds[1], size)];
  const [f0, f1] = within(range.frames, allFrames);
  const [y0, y1] = within(range.rows, allRows);
  const [x0, x1] = within(range.columns, allColumns);
  const result = new Float32Array(batch * channels * (f1 - f0) * (y1 - y0) * (x1 - x0));
  let to = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = f0; f < f1; f++) {
      for (let y = y0; y < y1; y++) {
        const row = ((plane * allFrames + f) * allRows + y) * allColumns;
        result.set(data.subarray(row + x0, row + x1), to);
        to += x1 - x0;
      }
    }
  }
  return { shape: [batch, channels, f1 - f0, y1 - y0, x1 - x0], data: result };
}

/** Joins videos along frames (2), rows (3) or columns (4). */
export function joinVideos(videos: readonly Video[], axis: 2 | 3 | 4): Video {
  const [first] = videos;
  const sizes = videos.map(({ shape }) => shape[axis] * product(shape.slice(axis + 1)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const outer = product(first.shape.slice(0, axis));
  const data = new Float32Array(outer * total);
  for (let k = 0; k < outer; k++) {
    let to = k * total;
    videos.forEach((video, index) => {
      data.set(video.data.subarray(k * sizes[index], (k + 1) * sizes[index]), to);
      to += sizes[index];
    });
  }
  const joined = videos.reduce((sum, { shape }) => sum + shape[axis], 0);
  const [batch, channels, frames, rows, columns] = first.shape;
  return {
    shape: [batch, channels, axis === 2 ? joined : frames, axis === 3 ? joined : rows, axis === 4 ? joined : columns],
    data,
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/**
 * Crossfades the end of `before` into the start of `after`, in place, along frames (2), rows (3) or columns (4): weights rise
 * from 0 by 1 / extent.
 */
export function blendInto(before: Video, after: Video, axis: 2 | 3 | 4, maxExtent: number): void {
  const extent = Math.min(before.shape[axis], after.shape[axis], maxExtent);
  const inner = product(after.shape.slice(axis + 1));
  const outer = product(after.shape.slice(0, axis));
  const strideBefore = before.shape[axis] * inner;
  const strideAfter = after.shape[axis] * inner;
  for (let k = 0; k < outer; k++) {
    for (let position = 0; position < extent; position++) {
      const weight = position / extent;
      let from = k * strideBefore + (before.shape[axis] - extent + position) * inner;
      let to = k * strideAfter + position * inner;
      for (let i = 0; i < inner; i++, from++, to++) {
        after.data[to] = Math.fround(before.data[from] * Math.fround(1 - weight)) + Math.fround(after.data[to] * Math.fround(weight));
      }
    }
  }
}
