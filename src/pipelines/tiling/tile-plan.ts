import { AiprodError } from '../../errors';
import type { VideoShape } from '../../models';
import type { VideoVae } from '../video-vae';
import { contentTiles, evenTiles, spanWeights, type Span } from './axis-tiles';
import { crossfadeOf, type Blend } from './blends';

/** Frames, rows and columns, in latents. */
export interface LatentSize {
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
}

/** The tiles of a latent video: every combination of the spans of its axes, all of one size. */
export interface TileSpans {
  readonly frames: readonly Span[];
  readonly rows: readonly Span[];
  readonly columns: readonly Span[];
}

/** A span of latents, where its result lies along the axis, and with what weight each of its positions counts. */
export interface PlacedSpan {
  readonly latents: Span;
  readonly placed: Span;
  readonly weights: Float32Array;
}

/** Tiles with their places and weights, which sum to 1 over the tiles at every frame and pixel of the result. */
export interface TilePlan {
  readonly blend: Blend;
  readonly frames: readonly PlacedSpan[];
  readonly rows: readonly PlacedSpan[];
  readonly columns: readonly PlacedSpan[];
}

/** What of a VAE tells where tiles lie. */
export type VaeGeometry = Pick<VideoVae, 'ratios' | 'context'>;

/** Frames, rows and columns of latents [B, C, F, H, W]. */
export function latentSize([, , frames, rows, columns]: VideoShape): LatentSize {
  return { frames, rows, columns };
}

/** Tiles of one size at even distances (see `evenTiles`). */
export function evenSpans(latents: LatentSize, tile: LatentSize, overlap: LatentSize): TileSpans {
  return {
    frames: evenTiles(latents.frames, tile.frames, overlap.frames),
    rows: evenTiles(latents.rows, tile.rows, overlap.rows),
    columns: evenTiles(latents.columns, tile.columns, overlap.columns),
  };
}

/** Overlaps in latents that seams at a position need. */
export interface OverlapDemand {
  readonly frames: (position: number) => number;
  readonly rows: (position: number) => number;
  readonly columns: (position: number) => number;
}

/** Tiles of one size whose overlaps follow the content (see `contentTiles`). */
export function contentSpans(latents: LatentSize, tile: LatentSize, demand: OverlapDemand): TileSpans {
  return {
    frames: contentTiles(latents.frames, tile.frames, demand.frames),
    rows: contentTiles(latents.rows, tile.rows, demand.rows),
    columns: contentTiles(latents.columns, tile.columns, demand.columns),
  };
}

/**
 * Places the tiles of a decode: `spatial` pixels a side for each latent, and for the span of latents [s, e) the frames 8 s to
 * 8 (e - 1) (with temporal compression 8). The decoder gives a single frame for the first latent it sees, the last of the frames
 * that this latent stands for, so that a later tile's frame 0 is frame 8 s of the video: tiles align without any being dropped,
 * and only a tile's context is missing at its ends.
 */
export function planDecode(vae: VaeGeometry, spans: TileSpans, blend: Blend): TilePlan {
  const { spatial, temporal } = vae.ratios;
  const context = vae.context.decode;
  const space = (span: Span): Span => ({ start: span.start * spatial, end: span.end * spatial });
  const time = (span: Span): Span => ({ start: span.start * temporal, end: (span.end - 1) * temporal + 1 });
  spans.frames.slice(1).forEach(({ start }, k) => {
    if (start < spans.frames[k].end) return;
    throw new AiprodError('bad-input', 'tiles in time do not overlap', {
      expected: 'at least one latent frame that both have, because the first one of a tile gives a single frame',
      found: `a tile that ends with latent frame ${spans.frames[k].end - 1} and one that begins with ${start}`,
    });
  });
  return {
    blend,
    frames: place(spans.frames, time, crossfadeOf(blend, context.frames, temporal)),
    rows: place(spans.rows, space, crossfadeOf(blend, context.space, spatial)),
    columns: place(spans.columns, space, crossfadeOf(blend, context.space, spatial)),
  };
}

/**
 * Places the tiles of an encode, in latents. A tile of the span [s, e) is encoded from the frames 8 s to 8 (e - 1), its first
 * latent from one frame only; being causal, the encoder errs at the start of a later tile and not at the end of a former one,
 * and the middle of the crossfade moves accordingly.
 */
export function planEncode(vae: VaeGeometry, spans: TileSpans, blend: Blend): TilePlan {
  const context = vae.context.encode;
  const same = (span: Span): Span => span;
  return {
    blend,
    frames: place(spans.frames, same, crossfadeOf(blend, context.frames, 1)),
    rows: place(spans.rows, same, crossfadeOf(blend, context.space, 1)),
    columns: place(spans.columns, same, crossfadeOf(blend, context.space, 1)),
  };
}

function place(spans: readonly Span[], toPlace: (span: Span) => Span, crossfade: Parameters<typeof spanWeights>[1]): PlacedSpan[] {
  const placed = spans.map(toPlace);
  const weights = spanWeights(placed, crossfade);
  return spans.map((latents, k) => ({ latents, placed: placed[k], weights: weights[k] }));
}

/** Number of tiles of a plan. */
export function tileCount(spans: TileSpans): number {
  return spans.frames.length * spans.rows.length * spans.columns.length;
}

/** Latents decoded in all, with overlaps as often as they are decoded, over the latents there are: 1 without tiles. */
export function recomputation(latents: LatentSize, spans: TileSpans): number {
  const axis = (list: readonly Span[], length: number): number => list.reduce((sum, { start, end }) => sum + end - start, 0) / length;
  return axis(spans.frames, latents.frames) * axis(spans.rows, latents.rows) * axis(spans.columns, latents.columns);
}
