import { AiprodError } from '../../errors';
import { cropVideo, type Video } from '../../models';
import { seamCorrection, type SeamCorrection } from './seam-correction';
import type { PlacedSpan, TilePlan } from './tile-plan';

/** Frames (or latent frames) that are done, in order and without gaps. */
export interface VideoChunk {
  /** Position of the first frame in the whole video. */
  readonly firstFrame: number;
  /** [B, C, F, H, W] of the whole width and height. */
  readonly video: Video;
}

/** Which tile of a plan: positions in its lists of frames, rows and columns. */
export interface TileIndex {
  readonly frames: number;
  readonly row: number;
  readonly column: number;
}

/** Makes the result of one tile, of the size of its placed spans. */
export type MakeTile = (tile: TileIndex) => Promise<Video>;

/** Changes the tiles at one place in time, by row and column, before they are blended. */
export type AdjustTiles = (frames: number, tiles: readonly (readonly Video[])[]) => Promise<void>;

/**
 * Makes tiles one after the other, time before space, and yields frames as soon as no later tile touches them. Held at once are
 * the frames of one tile in time, over the whole width and height, and what they share with the next: memory does not grow
 * with the length of the video. With `adjust`, the tiles at one place in time are held too.
 */
export async function* composeTiles(plan: TilePlan, makeTile: MakeTile, adjust?: AdjustTiles): AsyncGenerator<VideoChunk> {
  const { frames: times } = plan;
  let kept: Video | undefined;
  for (let k = 0; k < times.length; k++) {
    const { placed, weights } = times[k];
    const composed = await composeSpace(plan, k, makeTile, adjust);
    scaleFrames(composed, weights);
    if (kept !== undefined) addFrames(composed, kept);
    const done = (k + 1 === times.length ? placed.end : times[k + 1].placed.start) - placed.start;
    yield { firstFrame: placed.start, video: framesOf(composed, 0, done) };
    kept = framesOf(composed, done, placed.end - placed.start);
  }
}

/** All tiles at one place in time, blended over rows and columns. */
async function composeSpace(plan: TilePlan, frames: number, makeTile: MakeTile, adjust: AdjustTiles | undefined): Promise<Video> {
  const { rows, columns } = plan;
  if (rows.length === 1 && columns.length === 1) return makeTile({ frames, row: 0, column: 0 });
  const blending = new SpaceBlend(plan);
  if (adjust === undefined) {
    for (let row = 0; row < rows.length; row++) {
      for (let column = 0; column < columns.length; column++) blending.add(await makeTile({ frames, row, column }), row, column);
    }
    return blending.finish();
  }
  const tiles: Video[][] = [];
  for (let row = 0; row < rows.length; row++) {
    const line: Video[] = [];
    for (let column = 0; column < columns.length; column++) line.push(await makeTile({ frames, row, column }));
    tiles.push(line);
  }
  await adjust(frames, tiles);
  tiles.forEach((line, row) => line.forEach((tile, column) => blending.add(tile, row, column)));
  return blending.finish();
}

/** The weighted sum of tiles over rows and columns, corrected at its seams where the plan says so. */
class SpaceBlend {
  private result: Video | undefined;
  private correction: SeamCorrection | undefined;

  constructor(private readonly plan: TilePlan) {}

  add(tile: Video, row: number, column: number): void {
    const { rows, columns, blend } = this.plan;
    const [batch, channels, count] = tile.shape;
    const height = rows[rows.length - 1].placed.end;
    const width = columns[columns.length - 1].placed.end;
    const planes = batch * channels * count;
    this.result ??= { shape: [batch, channels, count, height, width], data: new Float32Array(planes * height * width) };
    addWeighted(this.result, tile, rows[row], columns[column]);
    if (blend !== 'poisson') return;
    this.correction ??= seamCorrection(this.plan, planes);
    this.correction.add(tile, row, column);
  }

  finish(): Video {
    if (this.result === undefined) throw new AiprodError('internal', 'a plan without tiles');
    this.correction?.apply(this.result);
    return this.result;
  }
}

function addWeighted(into: Video, tile: Video, row: PlacedSpan, column: PlacedSpan): void {
  const [, , , height, width] = into.shape;
  const [batch, channels, frames, tileHeight, tileWidth] = tile.shape;
  for (let plane = 0; plane < batch * channels * frames; plane++) {
    for (let y = 0; y < tileHeight; y++) {
      const weight = row.weights[y];
      if (weight === 0) continue;
      const from = (plane * tileHeight + y) * tileWidth;
      const to = (plane * height + row.placed.start + y) * width + column.placed.start;
      for (let x = 0; x < tileWidth; x++) into.data[to + x] += weight * column.weights[x] * tile.data[from + x];
    }
  }
}

function scaleFrames({ shape, data }: Video, weights: Float32Array): void {
  const [batch, channels, frames, rows, columns] = shape;
  const size = rows * columns;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = 0; f < frames; f++) {
      if (weights[f] === 1) continue;
      const start = (plane * frames + f) * size;
      for (let i = start; i < start + size; i++) data[i] *= weights[f];
    }
  }
}

/** Adds earlier tiles' share of the first frames. */
function addFrames(into: Video, kept: Video): void {
  const [batch, channels, frames, rows, columns] = into.shape;
  const keptSize = kept.shape[2] * rows * columns;
  for (let plane = 0; plane < batch * channels; plane++) {
    const to = plane * frames * rows * columns;
    for (let i = 0; i < keptSize; i++) into.data[to + i] += kept.data[plane * keptSize + i];
  }
}

function framesOf(video: Video, first: number, end: number): Video {
  return first === 0 && end === video.shape[2] ? video : cropVideo(video, { frames: [first, end] });
}
