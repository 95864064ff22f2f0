import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { LatentShape } from '../patchifiers';
import {
  givenTokens,
  lerp,
  videoSequence,
  withTokens,
  type LatentVideo,
  type TokenGrid,
  type TokenGroup,
  type TokenSequence,
} from './token-sequence';

/** 0 (ignored) to 1 (kept as it is). */
const strength = z.number().min(0).max(1).default(1);
const count = z.int().min(0).max(65_536);
const range = z.tuple([count, count]).refine(([from, to]) => from < to, 'a range goes up, its end not included');

/** Where given latents go and how much of them is kept. Plain data; the latents themselves come beside it. */
export const conditioningItemSchema = z.discriminatedUnion('kind', [
  /** In place of the video's own latents, from latent frame `latentFrame` on. */
  z.strictObject({ kind: z.literal('latent'), latentFrame: count.default(0), strength }),
  /** In place of the first latent frames: what the video goes on from. */
  z.strictObject({ kind: z.literal('prefix'), strength }),
  /** In place of the last latent frames: what the video arrives at. */
  z.strictObject({ kind: z.literal('suffix'), strength }),
  /** Extra tokens at the place and time of frame `frame` of the result. */
  z.strictObject({ kind: z.literal('keyframe'), frame: count, strength }),
  /** Extra tokens over the whole of the video: a control signal (IC-LoRA), perhaps of smaller size or frame rate. */
  z.strictObject({
    kind: z.literal('reference'),
    strength,
    downscaleFactor: z.number().positive().default(1),
    temporalScaleFactor: z.number().positive().default(1),
  }),
  /** The whole video given, but for a region in latent frames, rows and columns that is made anew (retake). */
  z.strictObject({ kind: z.literal('mask'), frames: range, rows: range.optional(), columns: range.optional(), strength }),
]);

export type ConditioningItem = z.output<typeof conditioningItemSchema>;

/** An item with its latents in the model's units. */
export interface PlacedItem {
  readonly item: ConditioningItem;
  readonly latents: LatentVideo;
  /** Standard normal numbers, as many as the latents, for items that become extra tokens of a strength below 1. */
  readonly noise?: Float32Array;
}

export interface PlacementRequest {
  /** What the video's latents begin with: noise, or noised latents to refine. [1, C, F, H, W] */
  readonly start: LatentVideo;
  readonly items: readonly PlacedItem[];
  readonly grid: TokenGrid;
  /** Whether extra tokens come before the video's (`LTXConditionPipeline`) or after them (LTX-2, IC-LoRA). */
  readonly extraTokens: 'front' | 'end';
  /** Whether keyframe tokens are as early as the first latent frame of a video is (`LTXConditionPipeline`). Default false: LTX-2. */
  readonly causalKeyframes?: boolean;
  /**
   * Where noised latents are refined and given ones are noised as little (LTX-2): the noise of the video's latents and the level that
   * denoising begins at. Absent: given latents are mixed with what the video begins with.
   */
  readonly noised?: { readonly noise: Float32Array; readonly sigma: number };
}

/**
 * Sets conditions among the tokens of a video. Items act in order, later ones over earlier ones.
 *
 * @throws AiprodError `shape-mismatch` for latents of other rows, columns or channels, `bad-usage` for a place outside the video
 */
export function placeConditions(request: PlacementRequest): TokenSequence {
  const { start, items, grid, noised } = request;
  const [, , frames, height, width] = start.shape;
  const data = start.data.slice();
  const given = new Float32Array(data.length);
  const strengths = new Float32Array(frames * height * width);
  const extra: TokenGroup[] = [];
  for (const placed of items) {
    const { item, latents } = placed;
    if (item.kind === 'keyframe' || item.kind === 'reference') {
      extra.push(extraTokensOf(placed, request));
      continue;
    }
    requireSameGrid(latents.shape, start.shape);
    const first = firstFrameOf(item, latents.shape[2], frames);
    const keeps = item.kind === 'mask' ? (frame: number, row: number, column: number) => outside(item, frame, row, column) : () => true;
    forEachCell(latents.shape, (frame, row, column, k) => {
      if (!keeps(frame, row, column)) return;
      const cell = ((first + frame) * height + row) * width + column;
      strengths[cell] = item.strength;
      for (let channel = 0; channel < start.shape[1]; channel++) {
        const to = channel * strengths.length + cell;
        given[to] = latents.data[channel * latents.shape[2] * height * width + k];
        data[to] = lerp(noised === undefined ? data[to] : noised.noise[to], given[to], weightOf(item.strength, noised));
      }
    });
  }
  return withTokens(videoSequence({ shape: start.shape, data }, given, strengths, grid), extra, request.extraTokens);
}

/** How much of what is given a token begins with: all but its share of the noise level that denoising begins at. */
function weightOf(strength: number, noised: PlacementRequest['noised']): number {
  return noised === undefined ? strength : 1 - (1 - strength) * noised.sigma;
}

type PlaneItem = Exclude<ConditioningItem, { kind: 'keyframe' | 'reference' }>;

/** Latent frame of the video that an item's first latent frame takes the place of. */
function firstFrameOf(item: PlaneItem, length: number, frames: number): number {
  const first = item.kind === 'latent' ? item.latentFrame : item.kind === 'suffix' ? frames - length : 0;
  const whole = item.kind !== 'mask' || length === frames;
  if (first >= 0 && first + length <= frames && whole) return first;
  throw new AiprodError('bad-usage', `the latents of a ${item.kind} condition do not fit into the video`, {
    expected: item.kind === 'mask' ? `${frames} latent frames, all of the video` : `a place within ${frames} latent frames`,
    found: `${length} latent frames${first > 0 ? ` from ${first} on` : ''}`,
  });
}

function extraTokensOf({ item, latents, noise }: PlacedItem, request: PlacementRequest): TokenGroup {
  const { grid, start, noised } = request;
  const weight = weightOf(item.strength, noised);
  // Wholly given tokens hold nothing of the noise.
  const draw = noise ?? (item.strength === 1 ? new Float32Array(latents.data.length) : undefined);
  if (draw === undefined) {
    throw new AiprodError('bad-usage', `a ${item.kind} condition of strength ${item.strength} needs noise`, {
      expected: `${latents.data.length} standard normal numbers`,
      found: 'none',
    });
  }
  if (item.kind === 'reference') {
    const { downscaleFactor, temporalScaleFactor } = item;
    return givenTokens(latents, draw, item.strength, grid, { downscaleFactor, temporalScaleFactor }, weight);
  }
  requireSameGrid(latents.shape, start.shape);
  const frameIndex = item.kind === 'keyframe' ? item.frame : 0;
  const frames = (start.shape[2] - 1) * grid.ratios.temporal + 1;
  if (frameIndex >= frames) {
    throw new AiprodError('bad-usage', 'the video has no such frame to set a condition at', {
      expected: `a whole number from 0 to ${frames - 1}`,
      found: String(frameIndex),
    });
  }
  const still = latents.shape[2] === 1;
  const placement = { frameIndex, causal: request.causalKeyframes ?? frameIndex === 0, still };
  return givenTokens(latents, draw, item.strength, grid, placement, weight);
}

/** Whether a latent pixel is outside the region that is made anew. */
function outside(item: Extract<ConditioningItem, { kind: 'mask' }>, frame: number, row: number, column: number): boolean {
  const within = (value: number, [from, to]: readonly [number, number]): boolean => value >= from && value < to;
  const everywhere = [0, Infinity] as const;
  return !(within(frame, item.frames) && within(row, item.rows ?? everywhere) && within(column, item.columns ?? everywhere));
}

function forEachCell(
  [, , frames, height, width]: LatentShape,
  visit: (frame: number, row: number, column: number, k: number) => void,
): void {
  let k = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) visit(frame, row, column, k++);
  }
}

/** Refuses latents of other rows, columns or channels than the video's. */
export function requireSameGrid(shape: LatentShape, wanted: LatentShape): void {
  if (shape.every((size, axis) => axis === 2 || size === wanted[axis])) return;
  throw new AiprodError('shape-mismatch', 'a condition does not fit the video', {
    expected: `latents of ${wanted[4]} x ${wanted[3]}, ${wanted[1]} channels`,
    found: `latents [${shape.join(', ')}]`,
    hint: 'Resize it to the width and height of the video',
  });
}
