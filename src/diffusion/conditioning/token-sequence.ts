import { AiprodError } from '../../errors';
import { packLatents, type LatentShape, type PatchSize } from '../patchifiers';
import { requireSameLength } from '../schedulers/scheduler';
import { joinedFloats } from '../../numeric/joined';

const fround = Math.fround;

/** Latents [1, C, F, H, W] in the model's units. */
export interface LatentVideo {
  readonly shape: LatentShape;
  readonly data: Float32Array;
}

/** What the place of a token in seconds and pixels depends on. */
export interface TokenGrid {
  readonly patch: PatchSize;
  /** Pixels a side, and frames, of one latent pixel. */
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  /** Frames a second. */
  readonly frameRate: number;
}

/** Seconds, pixel rows, pixel columns of tokens, [N] each: where a token's patch begins. */
export type TokenCoordinates = readonly [seconds: Float32Array, rows: Float32Array, columns: Float32Array];

/** Tokens side by side with what is known of each. */
export interface TokenGroup {
  /** What denoising begins with, [1, N, C]. */
  readonly tokens: Float32Array;
  /** What is given for them, [1, N, C]; of no meaning where the strength is 0. */
  readonly given: Float32Array;
  readonly coordinates: TokenCoordinates;
  /** Where each token begins and ends in seconds, pixel rows and pixel columns, [3, N, 2] (LTX-2). */
  readonly bounds: Float32Array;
  /** How much each token is given, [N], 0 (free) to 1 (kept); the denoise mask is `1 - strength`. */
  readonly strengths: Float32Array;
}

/** The tokens of a run: those of the video itself, and those that only condition it. */
export interface TokenSequence extends TokenGroup {
  /** Index of the video's first token. */
  readonly videoStart: number;
  /** Number of the video's tokens. */
  readonly videoTokens: number;
}

/** Where in time and at what scale a grid of tokens stands. */
export interface GridPlacement {
  /** Frame of the result that the first frame is for, from 0. */
  readonly frameIndex?: number;
  /** The first latent frame stands for one frame alone, so that the others are earlier by what it is short of. Default true. */
  readonly causal?: boolean;
  /** Size of the result over that of these latents: reference videos may be smaller (IC-LoRA). Default 1. */
  readonly downscaleFactor?: number;
  /** Frame rate of the result over that of these latents; their last patch then ends with the result's. Default 1. */
  readonly temporalScaleFactor?: number;
  /** Latents of a single picture, which lasts one frame and not as many as a latent stands for. Default false. */
  readonly still?: boolean;
}

/** Coordinates of the tokens of latents [1, C, F, H, W], in the order frame, row, column. */
export function gridCoordinates(
  [, , frames, height, width]: LatentShape,
  grid: TokenGrid,
  placement: GridPlacement = {},
): TokenCoordinates {
  const { patch, ratios, frameRate } = grid;
  const { frameIndex = 0, causal = true, downscaleFactor = 1, temporalScaleFactor = 1 } = placement;
  const seconds = fround(1 / frameRate);
  const values: [number[], number[], number[]] = [[], [], []];
  for (let frame = 0; frame < frames; frame += patch.patch_size_t) {
    const first = causal ? Math.max(0, frame * ratios.temporal + 1 - ratios.temporal) : frame * ratios.temporal;
    const inResult = Math.max(0, first * temporalScaleFactor - (temporalScaleFactor - 1));
    const time = fround((inResult + frameIndex) * seconds);
    for (let row = 0; row < height; row += patch.patch_size) {
      for (let column = 0; column < width; column += patch.patch_size) {
        values[0].push(time);
        values[1].push(row * ratios.spatial * downscaleFactor);
        values[2].push(column * ratios.spatial * downscaleFactor);
      }
    }
  }
  return [Float32Array.from(values[0]), Float32Array.from(values[1]), Float32Array.from(values[2])];
}

/** Bounds [3, N, 2] of the tokens of latents [1, C, F, H, W], in the order frame, row, column, as LTX-2 reckons them. */
export function gridBounds([, , frames, height, width]: LatentShape, grid: TokenGrid, placement: GridPlacement = {}): Float32Array {
  const { patch, ratios, frameRate } = grid;
  const { frameIndex = 0, causal = true, downscaleFactor = 1, temporalScaleFactor = 1, still = false } = placement;
  const scale = ratios.spatial * downscaleFactor;
  const time = (frame: number): number => {
    const first = causal ? Math.max(0, frame * ratios.temporal + 1 - ratios.temporal) : frame * ratios.temporal;
    return frameIndex + Math.max(0, first * temporalScaleFactor - (temporalScaleFactor - 1));
  };
  const seconds = (frame: number): number => frame / fround(frameRate);
  const values: [number[], number[], number[]] = [[], [], []];
  for (let frame = 0; frame < frames; frame += patch.patch_size_t) {
    const [from, to] = [time(frame), still ? time(frame) + 1 : time(frame + patch.patch_size_t)];
    for (let row = 0; row < height; row += patch.patch_size) {
      for (let column = 0; column < width; column += patch.patch_size) {
        values[0].push(seconds(from), seconds(to));
        values[1].push(row * scale, (row + patch.patch_size) * scale);
        values[2].push(column * scale, (column + patch.patch_size) * scale);
      }
    }
  }
  return Float32Array.from(values.flat());
}

/**
 * The video's own tokens.
 * @param start what denoising begins with
 * @param given what is given for the video, of the same shape
 * @param strengths [F, H, W] of each latent pixel, 0 to 1; a token has that of its patch's first
 */
export function videoSequence(start: LatentVideo, given: Float32Array, strengths: Float32Array, grid: TokenGrid): TokenSequence {
  const { shape, data } = start;
  const [, , frames, height, width] = shape;
  const { patch_size: p, patch_size_t: pt } = grid.patch;
  if (strengths.length !== frames * height * width) {
    throw new AiprodError('shape-mismatch', 'the strengths do not fit the latents', {
      expected: `${frames} x ${height} x ${width}`,
      found: `${strengths.length}`,
    });
  }
  const coordinates = gridCoordinates(shape, grid);
  const tokenStrengths: number[] = [];
  for (let frame = 0; frame < frames; frame += pt) {
    for (let row = 0; row < height; row += p) {
      for (let column = 0; column < width; column += p) tokenStrengths.push(strengths[(frame * height + row) * width + column]);
    }
  }
  return {
    tokens: packLatents(data, shape, grid.patch),
    given: packLatents(given, shape, grid.patch),
    coordinates,
    bounds: gridBounds(shape, grid),
    strengths: Float32Array.from(tokenStrengths),
    videoStart: 0,
    videoTokens: coordinates[0].length,
  };
}

/**
 * Tokens that condition the video without being part of it, all of one strength: `weight given + (1 - weight) noise`.
 * @param noise standard normal numbers, as many as the latents
 * @param weight the strength, where denoising begins with pure noise
 */
export function givenTokens(
  latents: LatentVideo,
  noise: Float32Array,
  strength: number,
  grid: TokenGrid,
  placement: GridPlacement,
  weight = strength,
): TokenGroup {
  requireSameLength('noise', latents.data, noise);
  const coordinates = gridCoordinates(latents.shape, grid, placement);
  const start = latents.data.map((value, k) => lerp(noise[k], value, weight));
  return {
    tokens: packLatents(start, latents.shape, grid.patch),
    given: packLatents(latents.data, latents.shape, grid.patch),
    coordinates,
    bounds: gridBounds(latents.shape, grid, placement),
    strengths: new Float32Array(coordinates[0].length).fill(strength),
  };
}

/** `start + weight (end - start)` in f32, from the nearer end, so that weight 1 gives `end` exactly. */
export function lerp(start: number, end: number, weight: number): number {
  const w = fround(weight);
  const difference = fround(end - start);
  return w < 0.5 ? start + fround(w * difference) : end - fround(difference * fround(1 - w));
}

/** Adds tokens that condition the video: before all others (`LTXConditionPipeline`) or after them (LTX-2, IC-LoRA). */
export function withTokens(sequence: TokenSequence, added: readonly TokenGroup[], where: 'front' | 'end'): TokenSequence {
  if (added.length === 0) return sequence;
  const groups = where === 'front' ? [...added, sequence] : [sequence, ...added];
  const count = added.reduce((sum, group) => sum + group.strengths.length, 0);
  return {
    tokens: joinedFloats(groups.map((group) => group.tokens)),
    given: joinedFloats(groups.map((group) => group.given)),
    coordinates: [
      joinedFloats(groups.map((group) => group.coordinates[0])),
      joinedFloats(groups.map((group) => group.coordinates[1])),
      joinedFloats(groups.map((group) => group.coordinates[2])),
    ],
    bounds: joinedBounds(groups),
    strengths: joinedFloats(groups.map((group) => group.strengths)),
    videoStart: sequence.videoStart + (where === 'front' ? count : 0),
    videoTokens: sequence.videoTokens,
  };
}

/** Bounds of the tokens of several groups, axis by axis. */
export function joinedBounds(groups: readonly Pick<TokenGroup, 'bounds'>[]): Float32Array {
  const axis = (index: number): Float32Array[] =>
    groups.map(({ bounds }) => bounds.subarray((index * bounds.length) / 3, ((index + 1) * bounds.length) / 3));
  return joinedFloats([0, 1, 2].flatMap(axis));
}

/** The tokens of the video itself, [1, N, C], out of those that were denoised. */
export function videoTokensOf(
  latents: Float32Array,
  sequence: Pick<TokenSequence, 'strengths' | 'videoStart' | 'videoTokens'>,
): Float32Array {
  const channels = latents.length / sequence.strengths.length;
  return latents.subarray(sequence.videoStart * channels, (sequence.videoStart + sequence.videoTokens) * channels);
}

/** Coordinates as the transformer takes them, [1, 3, N]. */
export function coordinateTensor(coordinates: TokenCoordinates): Float32Array {
  return joinedFloats(coordinates);
}
