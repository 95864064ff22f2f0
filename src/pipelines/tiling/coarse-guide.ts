import { cropVideo, type Video } from '../../models';
import { latentSize, type LatentSize, type PlacedSpan } from './tile-plan';

/**
 * Latents shrunk to the size of a tile by averaging over areas, row by row and column by column; frames stay. The program of a tile
 * decodes them too.
 *
 * @param latents [B, C, F, H, W] with F the tile's frames
 */
export function shrinkLatents(latents: Video, tile: LatentSize): Video {
  const [batch, channels, frames, rows, columns] = latents.shape;
  const data = new Float32Array(batch * channels * frames * tile.rows * tile.columns);
  const down = areaWeights(rows, tile.rows);
  const across = areaWeights(columns, tile.columns);
  let to = 0;
  for (let plane = 0; plane < batch * channels * frames; plane++) {
    const from = plane * rows * columns;
    for (const vertical of down) {
      for (const horizontal of across) {
        let sum = 0;
        for (const [y, weightY] of vertical)
          for (const [x, weightX] of horizontal) sum += weightY * weightX * latents.data[from + y * columns + x];
        data[to++] = sum;
      }
    }
  }
  return { shape: [batch, channels, frames, tile.rows, tile.columns], data };
}

/** For each new position, the old ones under it and their shares, which sum to 1. */
function areaWeights(length: number, shrunk: number): [position: number, share: number][][] {
  const step = length / shrunk;
  return Array.from({ length: shrunk }, (_, k) => {
    const start = k * step;
    const end = (k + 1) * step;
    const under: [number, number][] = [];
    for (let position = Math.floor(start); position < end && position < length; position++) {
      const share = (Math.min(end, position + 1) - Math.max(start, position)) / step;
      if (share > 1e-12) under.push([position, share]);
    }
    return under;
  });
}

/** Mean and standard deviation of one sample's channel. */
interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Moves the mean of each tile's channels, and their contrast, towards a coarse decode of the whole picture, in place: a tile does
 * not see the picture, the coarse decode does. A decode of shrunk latents differs from the whole in brightness and contrast
 * everywhere alike, and that difference is left out: only how a tile differs from the other tiles counts. With m, s of the tile
 * and M, S of the coarse decode at its place, and bars for means over tiles,
 *
 *     x' = (x - m) exp(d - d_bar) + m + (M - m) - (M - m)_bar,   d = log S - log s.
 *
 * @param tiles by row and column, [B, C, F, h, w] each
 * @param coarse [B, C, F, H', W'] of the whole picture at whatever size
 */
export function followCoarse(
  tiles: readonly (readonly Video[])[],
  coarse: Video,
  rows: readonly PlacedSpan[],
  columns: readonly PlacedSpan[],
): void {
  const height = rows[rows.length - 1].placed.end;
  const width = columns[columns.length - 1].placed.end;
  const size = latentSize(coarse.shape);
  const scaled = (position: number, whole: number, small: number): number => Math.round((position * small) / whole);
  const all = tiles.flatMap((line, row) =>
    line.map((tile, column) => {
      const { placed: vertical } = rows[row];
      const { placed: horizontal } = columns[column];
      const under = cropVideo(coarse, {
        rows: [scaled(vertical.start, height, size.rows), scaled(vertical.end, height, size.rows)],
        columns: [scaled(horizontal.start, width, size.columns), scaled(horizontal.end, width, size.columns)],
      });
      return { tile, own: channelStatistics(tile), coarse: channelStatistics(under) };
    }),
  );
  const planes = all[0].own.length;
  for (let plane = 0; plane < planes; plane++) {
    const offsets = all.map((entry) => entry.coarse[plane].mean - entry.own[plane].mean);
    const contrasts = all.map((entry) => Math.log(entry.coarse[plane].deviation / entry.own[plane].deviation));
    const offset = meanOf(offsets);
    const contrast = meanOf(contrasts);
    all.forEach(({ tile, own }, k) => {
      const gain = Math.exp(contrasts[k] - contrast);
      const shift = offsets[k] - offset;
      const { mean } = own[plane];
      const planeSize = tile.data.length / planes;
      const data = tile.data.subarray(plane * planeSize, (plane + 1) * planeSize);
      for (let i = 0; i < data.length; i++) data[i] = (data[i] - mean) * gain + mean + shift;
    });
  }
}

function channelStatistics({ shape, data }: Video): Statistics[] {
  const planes = shape[0] * shape[1];
  const size = data.length / planes;
  return Array.from({ length: planes }, (_, plane) => {
    const values = data.subarray(plane * size, (plane + 1) * size);
    const mean = meanOf(values);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    // A flat picture has no contrast to follow.
    return { mean, deviation: Math.max(1e-6, Math.sqrt(variance)) };
  });
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
