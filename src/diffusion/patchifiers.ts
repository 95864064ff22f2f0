import { AiprodError } from '../errors';

/** Shape of video latents: batch, channels, frames, height, width. */
export type LatentShape = readonly [batch: number, channels: number, frames: number, height: number, width: number];

/** Size of a patch in latent frames and latent pixels. */
export interface PatchSize {
  patch_size: number;
  patch_size_t: number;
}

/** Shape [B, S, D] of the tokens that latents of a shape become. */
export function packedShape(shape: LatentShape, patch: PatchSize): [batch: number, tokens: number, features: number] {
  const [batch, channels, frames, height, width] = shape;
  const { patch_size: p, patch_size_t: pt } = patch;
  if (frames % pt !== 0 || height % p !== 0 || width % p !== 0) {
    throw new AiprodError('shape-mismatch', 'The latents do not divide into patches', {
      expected: `frames divisible by ${pt}, height and width by ${p}`,
      found: `${frames} frames of ${height} x ${width}`,
    });
  }
  return [batch, (frames / pt) * (height / p) * (width / p), channels * pt * p * p];
}

/** Calls `visit(latentIndex, tokenIndex)` for every element of latents of the shape and its place among the tokens. */
function forEachPair(shape: LatentShape, patch: PatchSize, visit: (latent: number, token: number) => void): void {
  const [batch, channels, frames, height, width] = shape;
  const { patch_size: p, patch_size_t: pt } = patch;
  const [, tokens, features] = packedShape(shape, patch);
  let latent = 0;
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < frames; f++) {
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++, latent++) {
            const token = (Math.floor(f / pt) * (height / p) + Math.floor(y / p)) * (width / p) + Math.floor(x / p);
            const feature = ((c * pt + (f % pt)) * p + (y % p)) * p + (x % p);
            visit(latent, (b * tokens + token) * features + feature);
          }
        }
      }
    }
  }
}

/** @throws AiprodError `shape-mismatch` when there are more or fewer elements. */
export function requireLength(name: string, data: Float32Array, length: number): void {
  if (data.length === length) return;
  throw new AiprodError('shape-mismatch', `The ${name} have the wrong size`, {
    expected: `${length} elements`,
    found: `${data.length}`,
  });
}

/** Elements of a shape. */
export const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * Latents [B, C, F, H, W] to tokens [B, F/pt * H/p * W/p, C * pt * p * p]: tokens in the order frame, row, column; a token's
 * features in the order channel, frame, row, column (`_pack_latents` of the LTX pipelines).
 */
export function packLatents(latents: Float32Array, shape: LatentShape, patch: PatchSize): Float32Array {
  requireLength('latents', latents, elements(shape));
  const tokens = new Float32Array(latents.length);
  forEachPair(shape, patch, (latent, token) => {
    tokens[token] = latents[latent];
  });
  return tokens;
}

/** The inverse of {@link packLatents}; `shape` is that of the latents (`_unpack_latents`). */
export function unpackLatents(tokens: Float32Array, shape: LatentShape, patch: PatchSize): Float32Array {
  requireLength('tokens', tokens, elements(shape));
  const latents = new Float32Array(tokens.length);
  forEachPair(shape, patch, (latent, token) => {
    latents[latent] = tokens[token];
  });
  return latents;
}

/** Per-channel statistics of a VAE's latents. */
export interface LatentStatistics {
  /** [C] */
  mean: Float32Array;
  /** [C] */
  std: Float32Array;
  scalingFactor: number;
}

function requireStatistics(latents: Float32Array, shape: LatentShape, statistics: LatentStatistics): void {
  requireLength('latents', latents, elements(shape));
  requireLength('latent means', statistics.mean, shape[1]);
  requireLength('latent standard deviations', statistics.std, shape[1]);
}

/** From the VAE's units to the model's: `(latents - mean) * scaling_factor / std` for each channel of [B, C, F, H, W]. */
export function normalizeLatents(latents: Float32Array, shape: LatentShape, statistics: LatentStatistics): Float32Array {
  requireStatistics(latents, shape, statistics);
  const { mean, std } = statistics;
  const scale = Math.fround(statistics.scalingFactor);
  const volume = shape[2] * shape[3] * shape[4];
  return latents.map((value, i) => {
    const channel = Math.floor(i / volume) % shape[1];
    return Math.fround(Math.fround(value - mean[channel]) * scale) / std[channel];
  });
}

/** From the model's units to the VAE's: `latents * std / scaling_factor + mean` for each channel of [B, C, F, H, W]. */
export function denormalizeLatents(latents: Float32Array, shape: LatentShape, statistics: LatentStatistics): Float32Array {
  requireStatistics(latents, shape, statistics);
  const { mean, std } = statistics;
  const scale = Math.fround(statistics.scalingFactor);
  const volume = shape[2] * shape[3] * shape[4];
  return latents.map((value, i) => {
    const channel = Math.floor(i / volume) % shape[1];
    return Math.fround(Math.fround(value * std[channel]) / scale) + mean[channel];
  });
}
