import { cropVideo, type Video } from '../../models';
import type { VideoVae } from '../video-vae';
import { composeTiles, type AdjustTiles, type MakeTile, type VideoChunk } from './compose-tiles';
import type { LatentSize, TilePlan } from './tile-plan';

/** Decodes one tile of latents [B, C, f, h, w]; `origin` is where it lies in the whole, in latents. */
export type DecodeTile = (latents: Video, origin: LatentSize) => Promise<Video>;

/**
 * Decodes latents tile by tile and gives frames as they are done (see `composeTiles`).
 *
 * @param latents [B, C, F, H, W] in the VAE's units
 * @yields [B, 3, n, H', W'], about -1 to 1
 */
export function decodeFrames(latents: Video, plan: TilePlan, decodeTile: DecodeTile, adjust?: AdjustTiles): AsyncGenerator<VideoChunk> {
  const makeTile: MakeTile = ({ frames, row, column }) => {
    const time = plan.frames[frames].latents;
    const vertical = plan.rows[row].latents;
    const horizontal = plan.columns[column].latents;
    const tile = cropVideo(latents, {
      frames: [time.start, time.end],
      rows: [vertical.start, vertical.end],
      columns: [horizontal.start, horizontal.end],
    });
    return decodeTile(tile, { frames: time.start, rows: vertical.start, columns: horizontal.start });
  };
  return composeTiles(plan, makeTile, adjust);
}

/** Size in frames and pixels of what latents decode to. */
export function decodedSize(
  { ratios: { spatial, temporal } }: Pick<VideoVae, 'ratios'>,
  { frames, rows, columns }: LatentSize,
): LatentSize {
  return { frames: (frames - 1) * temporal + 1, rows: rows * spatial, columns: columns * spatial };
}
