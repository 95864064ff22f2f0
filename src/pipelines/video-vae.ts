import type { LatentStatistics } from '../diffusion';
import type { ParameterReader } from '../graph';
import {
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  buildWanVaeDecoderGraph,
  buildWanVaeEncoderGraph,
  compressionRatios,
  decoderContext,
  encoderContext,
  type CompressionRatios,
  type LtxVaeConfig,
  type ModelGraph,
  type VaeContext,
  type VideoPart,
  type VideoShape,
  type WanVaeConfig,
  wanCompression,
  wanLevelsContext,
  wanStateChannels,
  wanVaeDecoderHalves,
  wanVaeEncoderHalves,
} from '../models';
import type { Json } from './dag';

/** A video VAE as machines, plans and tiling know it: graphs by shape, and how pixels and latents belong together. */
export interface VideoVae {
  readonly latentChannels: number;
  readonly ratios: CompressionRatios;
  /** How far either half looks around a latent, in latents: of it what goes through tiles, see `split`. */
  readonly context: Readonly<Record<'encode' | 'decode', VaeContext>>;
  /** Whether the decoder takes a timestep, and noise with it. */
  readonly timestepConditioned: boolean;
  /** By what it is recognised, beside its weights. */
  readonly identity: Json;
  /** How latents are normalised by channel; `read` gives weights of the VAE. */
  statistics(read: ParameterReader): Promise<LatentStatistics>;
  /**
   * Whether the network is causal in time and goes through a video part by part: its first frame (of latents), then as many as one latent
   * frame stands for. It is never cut into tiles in time then.
   */
  readonly inParts: boolean;
  /**
   * Where attention sees the whole of a frame, no tile would: the part of either half that goes through whole frames, at the size of the
   * latents, and the part that tiles go through. Absent where tiles go through all of it.
   */
  readonly split?: Readonly<Record<'encode' | 'decode', VaeSplit>>;
  /** Input `video` of the given shape [B, 3, F, H, W], -1 to 1; output `moments` [B, 2 C, F', H', W']. */
  encoder(pixels: VideoShape, dtype: 'f32' | 'f16' | undefined, part?: VideoPart): ModelGraph;
  /** Input `latents` of the given shape [B, C, F, H, W], in the VAE's units; output `sample` [B, 3, F', H', W']. */
  decoder(latents: VideoShape, dtype: 'f32' | 'f16' | undefined, part?: VideoPart): ModelGraph;
}

/** Half of a VAE in two; f32 states [B, C, f, h, w] of the size of latents stand between. Both take what they work on as their first input. */
export interface VaeSplit {
  /** Of the states. */
  readonly channels: number;
  /** After the tiles of an encode, `states` to `moments`; before those of a decode, `latents` to `states`. @param shape of what it takes */
  whole(shape: VideoShape, dtype: 'f32' | 'f16' | undefined, part?: VideoPart): ModelGraph;
  /** `video` to `states`; `states` to `sample`. @param shape of what it takes */
  tiled(shape: VideoShape, dtype: 'f32' | 'f16' | undefined, part?: VideoPart): ModelGraph;
}

const sizes = ([batch, , frames, height, width]: VideoShape) => ({ batch, frames, height, width });

/** The VAE of LTX-Video and LTX-2. */
export function ltxVideoVae(config: LtxVaeConfig): VideoVae {
  const ratios = compressionRatios(config);
  return {
    latentChannels: config.latent_channels,
    ratios,
    context: { encode: encoderContext(config), decode: decoderContext(config) },
    timestepConditioned: config.timestep_conditioning,
    inParts: false,
    identity: JSON.stringify([config, ratios]),
    statistics: async (read) => ({
      mean: await read('latents_mean'),
      std: await read('latents_std'),
      scalingFactor: config.scaling_factor,
    }),
    encoder: (pixels, dtype) => buildVaeEncoderGraph(config, { ...sizes(pixels), dtype }),
    decoder: (latents, dtype) => buildVaeDecoderGraph(config, { ...sizes(latents), dtype }),
  };
}

/** The VAE of Wan 2.1. */
export function wanVideoVae(config: WanVaeConfig): VideoVae {
  const channels = wanStateChannels(config);
  const [encode, decode] = [wanVaeEncoderHalves, wanVaeDecoderHalves];
  return {
    latentChannels: config.z_dim,
    ratios: wanCompression(config),
    context: wanLevelsContext(config),
    timestepConditioned: false,
    inParts: true,
    split: {
      encode: {
        channels: channels.encode,
        whole: (states, dtype, part) => encode.middle(config, { ...sizes(states), dtype, part }),
        tiled: (pixels, dtype, part) => encode.levels(config, { ...sizes(pixels), dtype, part }),
      },
      decode: {
        channels: channels.decode,
        whole: (latents, dtype, part) => decode.middle(config, { ...sizes(latents), dtype, part }),
        tiled: (states, dtype, part) => decode.levels(config, { ...sizes(states), dtype, part }),
      },
    },
    identity: JSON.stringify(config),
    statistics: () =>
      Promise.resolve({ mean: Float32Array.from(config.latents_mean), std: Float32Array.from(config.latents_std), scalingFactor: 1 }),
    encoder: (pixels, dtype, part) => buildWanVaeEncoderGraph(config, { ...sizes(pixels), dtype, part }),
    decoder: (latents, dtype, part) => buildWanVaeDecoderGraph(config, { ...sizes(latents), dtype, part }),
  };
}

/** Of the latents of pixels [B, 3, F, H, W]. */
export function latentShapeOfPixels(
  { ratios: { spatial, temporal }, latentChannels }: Pick<VideoVae, 'ratios' | 'latentChannels'>,
  [batch, , frames, height, width]: VideoShape,
): VideoShape {
  return [batch, latentChannels, (frames - 1) / temporal + 1, height / spatial, width / spatial];
}

/** Of the pixels of latents [B, C, F, H, W]. */
export function pixelShapeOfLatents(
  { ratios: { spatial, temporal } }: Pick<VideoVae, 'ratios'>,
  [batch, , frames, rows, columns]: VideoShape,
): VideoShape {
  return [batch, 3, (frames - 1) * temporal + 1, rows * spatial, columns * spatial];
}
