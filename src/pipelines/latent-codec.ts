import { denormalizeLatents, normalizeLatents, type LatentStatistics } from '../diffusion';
import { joinVideos, posteriorMode, samplePosterior, type Video } from '../models';
import type { VideoChunk } from './tiling';

/** A VAE whose weights are at hand, on whatever runs it. */
export interface VideoAutoencoder {
  readonly statistics: LatentStatistics;
  /** Whether the decoder takes a timestep, and noise with it. */
  readonly timestepConditioned: boolean;
  /** Pixels [1, 3, F, H, W], -1 to 1, to the posterior's moments [1, 2 C, F', H', W']. */
  encode(video: Video): Promise<Video>;
  /**
   * Latents [1, C, F, H, W] in the VAE's units to pixels [1, 3, F', H', W'], about -1 to 1, in chunks of frames.
   * @param timestep decode timestep, 0 to 1; for timestep-conditioned models only
   */
  decode(latents: Video, timestep?: number): AsyncIterable<VideoChunk>;
}

/**
 * Pixels to latents in the model's units: a draw of the posterior (as diffusers' pipelines take it) or its mean (as LTX-2 does),
 * normalised by channel. The scaling factor stays out of it, as in the reference's pipelines (released models have 1).
 *
 * @param drawNoise gives standard normal numbers of the latents' size; undefined for the mean
 */
export async function encodeLatents(
  vae: VideoAutoencoder,
  video: Video,
  drawNoise: ((count: number) => Float32Array) | undefined,
): Promise<Video> {
  const moments = await vae.encode(video);
  const sample = drawNoise === undefined ? posteriorMode(moments) : samplePosterior(moments, drawNoise(moments.data.length / 2));
  return { shape: sample.shape, data: normalizeLatents(sample.data, sample.shape, { ...vae.statistics, scalingFactor: 1 }) };
}

export interface DecodeSettings {
  /** 0 to 1; released timestep-conditioned models decode at 0.05. */
  readonly timestep: number;
  /** Share of noise in the latents, 0 to 1; 0.025 for released models. */
  readonly noiseScale: number;
}

/** What released timestep-conditioned models decode with. */
export const releasedDecodeSettings: DecodeSettings = { timestep: 0.05, noiseScale: 0.025 };

/** Latents in the model's units to the whole video; see {@link decodeLatentChunks}. */
export async function decodeLatents(...decoding: Parameters<typeof decodeLatentChunks>): Promise<Video> {
  const parts: Video[] = [];
  for await (const { video } of decodeLatentChunks(...decoding)) parts.push(video);
  return parts.length === 1 ? parts[0] : joinVideos(parts, 2);
}

/** Latents in the model's units to pixels, frames as they are done. Noise is drawn for timestep-conditioned models only. */
export function decodeLatentChunks(
  vae: VideoAutoencoder,
  latents: Video,
  settings: DecodeSettings,
  drawNoise: (count: number) => Float32Array,
): AsyncIterable<VideoChunk> {
  const data = denormalizeLatents(latents.data, latents.shape, vae.statistics);
  if (!vae.timestepConditioned) return vae.decode({ shape: latents.shape, data });
  const noised = blendDecodeNoise(data, drawNoise(data.length), settings.noiseScale);
  return vae.decode({ shape: latents.shape, data: noised }, settings.timestep);
}

/** `(1 - scale) * latents + scale * noise`: timestep-conditioned decoders were trained on slightly noisy latents. */
export function blendDecodeNoise(latents: Float32Array, noise: Float32Array, scale: number): Float32Array {
  return latents.map((value, k) => (1 - scale) * value + scale * noise[k]);
}
