import { maximum, minimum, silu, type Tensor } from '../../graph';
import { channelsFirst, channelsLast } from '../layouts';
import { causalConv3d, channelNorm, downsample, midBlock, residualBlock, upsample } from './vae-blocks';
import { FrameMemory } from './frame-memory';
import type { WanVaeConfig } from './vae-config';

/**
 * Encoder of Wan's causal VAE (Wan 2.1; `AutoencoderKLWan._encode`).
 * @param video pixels [B, 3, F, H, W] in -1..1, F one more than a multiple of the temporal compression
 * @param memory what earlier parts of the video left; default all of it at once
 * @returns moments [B, 2 z_dim, f, h, w]: means, then log-variances
 */
export function wanVaeEncoder(video: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return channelsFirst(encoderMiddle(encoderLevels(channelsLast(video), config, memory), config, memory));
}

/** The encoder down to the size of the latents, where nothing sees the whole of a frame: pixels to states [B, C, f, h, w]. */
export function wanVaeEncoderLevels(video: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return channelsFirst(encoderLevels(channelsLast(video), config, memory));
}

/** The rest of it, with attention over each frame: states [B, C, f, h, w] to moments. */
export function wanVaeEncoderMiddle(states: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return channelsFirst(encoderMiddle(channelsLast(states), config, memory));
}

function encoderLevels(video: Tensor, config: WanVaeConfig, memory: FrameMemory): Tensor {
  const { tracer } = video;
  return tracer.scope('encoder', () => {
    let x = causalConv3d('conv_in', video, config.base_dim, memory);
    let block = 0;
    const next = (change: (x: Tensor) => Tensor): void => {
      x = tracer.scope(`down_blocks.${block++}`, () => change(x));
    };
    config.dim_mult.forEach((multiple, level) => {
      for (let i = 0; i < config.num_res_blocks; i++) next((value) => residualBlock(value, multiple * config.base_dim, memory));
      if (level < config.dim_mult.length - 1) next((value) => downsample(value, config.temperal_downsample[level], memory));
    });
    return x;
  });
}

function encoderMiddle(states: Tensor, config: WanVaeConfig, memory: FrameMemory): Tensor {
  const { tracer } = states;
  const moments = tracer.scope('encoder', () => {
    const x = tracer.scope('mid_block', () => midBlock(states, memory));
    return causalConv3d('conv_out', silu(channelNorm('norm_out', x, 3)), 2 * config.z_dim, memory);
  });
  return causalConv3d('quant_conv', moments, 2 * config.z_dim, memory, [1, 1, 1]);
}

/**
 * Decoder of Wan's causal VAE (`AutoencoderKLWan._decode`).
 * @param latents [B, z_dim, f, h, w] as the encoder gives them, not normalised
 * @param memory what earlier parts of the video left; default all of it at once
 * @returns pixels [B, 3, F, H, W], cut to -1..1
 */
export function wanVaeDecoder(latents: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return decoderLevels(decoderMiddle(channelsLast(latents), config, memory), config, memory);
}

/** The decoder at the size of the latents, with attention over each frame: latents to states [B, C, f, h, w]. */
export function wanVaeDecoderMiddle(latents: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return channelsFirst(decoderMiddle(channelsLast(latents), config, memory));
}

/** The rest of it, where nothing sees the whole of a frame: states [B, C, f, h, w] to pixels. */
export function wanVaeDecoderLevels(states: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  return decoderLevels(channelsLast(states), config, memory);
}

function decoderMiddle(latents: Tensor, config: WanVaeConfig, memory: FrameMemory): Tensor {
  const { tracer } = latents;
  const unquantised = causalConv3d('post_quant_conv', latents, config.z_dim, memory, [1, 1, 1]);
  return tracer.scope('decoder', () => {
    const x = causalConv3d('conv_in', unquantised, decoderWidths(config)[0], memory);
    return tracer.scope('mid_block', () => midBlock(x, memory));
  });
}

function decoderLevels(states: Tensor, config: WanVaeConfig, memory: FrameMemory): Tensor {
  const { tracer } = states;
  const { num_res_blocks: resnets } = config;
  const pixels = tracer.scope('decoder', () => {
    let x = states;
    const widths = decoderWidths(config);
    widths.forEach((width, level) => {
      const isLast = level === widths.length - 1;
      x = tracer.scope(`up_blocks.${level}`, () => {
        for (let i = 0; i <= resnets; i++) {
          const value = x;
          x = tracer.scope(`resnets.${i}`, () => residualBlock(value, width, memory));
        }
        const temporal = config.temperal_downsample[widths.length - 2 - level];
        return isLast ? x : tracer.scope('upsamplers.0', () => upsample(x, temporal, memory));
      });
    });
    return causalConv3d('conv_out', silu(channelNorm('norm_out', x, 3)), config.out_channels, memory);
  });
  return maximum(minimum(channelsFirst(pixels), 1), -1);
}

/** Channels of each level, from the latents on. */
function decoderWidths({ decoder_base_dim, base_dim, dim_mult }: WanVaeConfig): number[] {
  return dim_mult.map((multiple) => multiple * (decoder_base_dim ?? base_dim)).reverse();
}

/** Channels of the states between both halves of the encoder, and of the decoder. */
export function wanStateChannels(config: WanVaeConfig): { readonly encode: number; readonly decode: number } {
  return { encode: config.base_dim * config.dim_mult[config.dim_mult.length - 1], decode: decoderWidths(config)[0] };
}
