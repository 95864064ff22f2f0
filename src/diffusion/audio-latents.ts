import { AiprodError } from '../errors';
import { elements, requireLength } from './patchifiers';

/** Shape of audio latents, and of the spectrograms they stand for: batch, channels, frames, bins. */
export type AudioLatentShape = readonly [batch: number, channels: number, frames: number, bins: number];

/** Calls `visit(latentIndex, tokenIndex)` for every element of audio latents and its place among the tokens. */
function forEachPair([batch, channels, frames, bins]: AudioLatentShape, visit: (latent: number, token: number) => void): void {
  let latent = 0;
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < frames; t++) {
        for (let m = 0; m < bins; m++, latent++) visit(latent, ((b * frames + t) * channels + c) * bins + m);
      }
    }
  }
}

/** Audio latents [B, C, T, M] to tokens [B, T, C * M], channels before bins (`_pack_audio_latents` of the LTX-2 pipelines). */
export function packAudioLatents(latents: Float32Array, shape: AudioLatentShape): Float32Array {
  requireLength('audio latents', latents, elements(shape));
  const tokens = new Float32Array(latents.length);
  forEachPair(shape, (latent, token) => {
    tokens[token] = latents[latent];
  });
  return tokens;
}

/** The inverse of {@link packAudioLatents}; `shape` is that of the latents (`_unpack_audio_latents`). */
export function unpackAudioLatents(tokens: Float32Array, shape: AudioLatentShape): Float32Array {
  requireLength('audio tokens', tokens, elements(shape));
  const latents = new Float32Array(tokens.length);
  forEachPair(shape, (latent, token) => {
    latents[latent] = tokens[token];
  });
  return latents;
}

/** Statistics of packed audio latents, for each feature of a token. */
export interface AudioLatentStatistics {
  /** [C * M], channels before bins. */
  readonly mean: Float32Array;
  /** [C * M] */
  readonly std: Float32Array;
}

function requireFeatures(tokens: Float32Array, { mean, std }: AudioLatentStatistics): void {
  if (mean.length === std.length && tokens.length % mean.length === 0) return;
  throw new AiprodError('shape-mismatch', 'The audio tokens do not fit the statistics of their VAE', {
    expected: `tokens of ${mean.length} features, and as many deviations`,
    found: `${tokens.length} elements, ${std.length} deviations`,
  });
}

/** From the VAE's units to the model's: `(token - mean) / std`, on packed latents. */
export function normalizeAudioTokens(tokens: Float32Array, statistics: AudioLatentStatistics): Float32Array {
  requireFeatures(tokens, statistics);
  const { mean, std } = statistics;
  return tokens.map((value, k) => Math.fround(value - mean[k % mean.length]) / std[k % mean.length]);
}

/** From the model's units to the VAE's: `token * std + mean`, on packed latents. */
export function denormalizeAudioTokens(tokens: Float32Array, statistics: AudioLatentStatistics): Float32Array {
  requireFeatures(tokens, statistics);
  const { mean, std } = statistics;
  return tokens.map((value, k) => Math.fround(value * std[k % mean.length]) + mean[k % mean.length]);
}

export interface AudioLatentRate {
  /** Samples a second of the waveforms that spectrograms are made of. */
  readonly sampleRate: number;
  readonly hopLength: number;
  /** Spectrogram frames that a latent frame stands for. */
  readonly compression: number;
}

/** Latents a second: 25 for released models. */
export function audioLatentsPerSecond({ sampleRate, hopLength, compression }: AudioLatentRate): number {
  return sampleRate / hopLength / compression;
}

/** Latent frames for `frames` of video at `frameRate`, rounded half to even as the reference does it; at least 1. */
export function audioLatentFrames(frames: number, frameRate: number, rate: AudioLatentRate): number {
  const exact = (frames / frameRate) * audioLatentsPerSecond(rate);
  const below = Math.floor(exact);
  const up = exact - below > 0.5 || (exact - below === 0.5 && below % 2 === 1);
  return Math.max(1, below + (up ? 1 : 0));
}
