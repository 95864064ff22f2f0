import { AiprodError } from '../../errors';
import { blendInto, cropVideo, joinVideos, type Video } from './video';

/** Sizes of overlapping tiles in pixels and frames (`enable_tiling` of the reference); neighbours are crossfaded. */
export interface Tiling {
  /** Cut rows and columns into tiles. */
  readonly spatial: boolean;
  /** Cut time into tiles. */
  readonly framewise: boolean;
  readonly tileHeight: number;
  readonly tileWidth: number;
  readonly tileFrames: number;
  /** Distance between the starts of neighbouring tiles. */
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly strideFrames: number;
}

/** The reference's defaults, with tiling off. */
export const defaultTiling: Tiling = {
  spatial: false,
  framewise: false,
  tileHeight: 512,
  tileWidth: 512,
  tileFrames: 16,
  strideHeight: 448,
  strideWidth: 448,
  strideFrames: 8,
};

/** Pixels a side and frames of one latent pixel. */
export interface CompressionRatios {
  readonly spatial: number;
  readonly temporal: number;
}

/** Runs the whole encoder or decoder on one tile; tiles at the border are smaller than the others. */
export type TileFunction = (tile: Video) => Promise<Video>;

/** Decodes latents [B, C, F, H, W], tile by tile where the tiling asks for it and the latents are larger than a tile. */
export async function decodeWithTiling(latents: Video, ratios: CompressionRatios, tiling: Tiling, decode: TileFunction): Promise<Video> {
  const latentTile = inLatents(tiling, ratios);
  const decodeSpace: TileFunction = (tile) =>
    tiling.spatial && (tile.shape[3] > latentTile.tileHeight || tile.shape[4] > latentTile.tileWidth)
      ? spatialTiles(tile, latentTile, tiling, ratios.spatial, decode)
      : decode(tile);
  const frames = latents.shape[2];
  if (!tiling.framewise || frames <= latentTile.tileFrames) return decodeSpace(latents);

  const tiles: Video[] = [];
  for (let start = 0; start < frames; start += latentTile.strideFrames) {
    const decoded = await decodeSpace(cropVideo(latents, { frames: [start, start + latentTile.tileFrames + 1] }));
    // As the reference does: a later tile loses its last frame, not its single first one, and so lies one frame late.
    tiles.push(start === 0 ? decoded : cropVideo(decoded, { frames: [0, decoded.shape[2] - 1] }));
  }
  return joinFrames(tiles, tiling.tileFrames - tiling.strideFrames, tiling.strideFrames, (frames - 1) * ratios.temporal + 1);
}

/** Encodes pixels [B, C, F, H, W] to moments, tile by tile where the tiling asks for it and the video is larger than a tile. */
export async function encodeWithTiling(video: Video, ratios: CompressionRatios, tiling: Tiling, encode: TileFunction): Promise<Video> {
  const latentTile = inLatents(tiling, ratios);
  const encodeSpace: TileFunction = (tile) =>
    tiling.spatial && (tile.shape[3] > tiling.tileHeight || tile.shape[4] > tiling.tileWidth)
      ? spatialTiles(tile, tiling, latentTile, 1 / ratios.spatial, encode)
      : encode(tile);
  const frames = video.shape[2];
  if (!tiling.framewise || frames <= tiling.tileFrames) return encodeSpace(video);

  const tiles: Video[] = [];
  for (let start = 0; start < frames; start += tiling.strideFrames) {
    const encoded = await encodeSpace(cropVideo(video, { frames: [start, start + tiling.tileFrames + 1] }));
    // The first latent of a causal encoder stands for one frame only, which the tile before already holds.
    tiles.push(start === 0 ? encoded : cropVideo(encoded, { frames: [1, encoded.shape[2]] }));
  }
  const latentFrames = Math.floor((frames - 1) / ratios.temporal) + 1;
  return joinFrames(tiles, latentTile.tileFrames - latentTile.strideFrames, latentTile.strideFrames, latentFrames);
}

type TileSizes = Omit<Tiling, 'spatial' | 'framewise'>;

/** Tile sizes in latent pixels and frames. */
function inLatents(tiling: Tiling, ratios: CompressionRatios): TileSizes {
  const sizes = {
    tileHeight: Math.floor(tiling.tileHeight / ratios.spatial),
    tileWidth: Math.floor(tiling.tileWidth / ratios.spatial),
    tileFrames: Math.floor(tiling.tileFrames / ratios.temporal),
    strideHeight: Math.floor(tiling.strideHeight / ratios.spatial),
    strideWidth: Math.floor(tiling.strideWidth / ratios.spatial),
    strideFrames: Math.floor(tiling.strideFrames / ratios.temporal),
  };
  const tooSmall = (tiling.spatial && Math.min(sizes.strideHeight, sizes.strideWidth) < 1) || (tiling.framewise && sizes.strideFrames < 1);
  if (tooSmall) {
    throw new AiprodError('bad-input', 'the strides between tiles are smaller than a latent pixel', {
      expected: `at least ${ratios.spatial} pixels and ${ratios.temporal} frames`,
      found: `${tiling.strideHeight} x ${tiling.strideWidth} pixels, ${tiling.strideFrames} frames`,
    });
  }
  return sizes;
}

/** Cuts rows and columns into tiles of `from` sizes, runs each, crossfades what comes out in `to` sizes, `scale` times as large. */
async function spatialTiles(video: Video, from: TileSizes, to: TileSizes, scale: number, run: TileFunction): Promise<Video> {
  const [, , , height, width] = video.shape;
  const grid: Video[][] = [];
  for (let y = 0; y < height; y += from.strideHeight) {
    const row: Video[] = [];
    for (let x = 0; x < width; x += from.strideWidth) {
      row.push(await run(cropVideo(video, { rows: [y, y + from.tileHeight], columns: [x, x + from.tileWidth] })));
    }
    grid.push(row);
  }
  // Tiles are blended in place, row by row: a tile fades in from neighbours that are already blended.
  const rows = grid.map((row, i) =>
    joinVideos(
      row.map((tile, j) => {
        if (i > 0) blendInto(grid[i - 1][j], tile, 3, to.tileHeight - to.strideHeight);
        if (j > 0) blendInto(row[j - 1], tile, 4, to.tileWidth - to.strideWidth);
        return cropVideo(tile, { rows: [0, to.strideHeight], columns: [0, to.strideWidth] });
      }),
      4,
    ),
  );
  return cropVideo(joinVideos(rows, 3), { rows: [0, Math.floor(height * scale)], columns: [0, Math.floor(width * scale)] });
}

/** Crossfades tiles of time in place and joins what of each is not its successor's; the first keeps one frame more. */
function joinFrames(tiles: readonly Video[], overlap: number, stride: number, frames: number): Video {
  const kept = tiles.map((tile, index) => {
    if (index === 0) return cropVideo(tile, { frames: [0, stride + 1] });
    blendInto(tiles[index - 1], tile, 2, overlap);
    return cropVideo(tile, { frames: [0, stride] });
  });
  return cropVideo(joinVideos(kept, 2), { frames: [0, frames] });
}
