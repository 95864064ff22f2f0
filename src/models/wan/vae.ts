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
  const { tracer } = video;
  const moments = tracer.scope('encoder', () => {
    let x = causalConv3d('conv_in', channelsLast(video), config.base_dim, memory);
    let block = 0;
    const next = (change: (x: Tensor) => Tensor): void => {
      x = tracer.scope(`down_blocks.${block++}`, () => change(x));
    };
    config.dim_mult.forEach((multiple, level) => {
      for (let i = 0; i < config.num_res_blocks; i++) next((value) => residualBlock(value, multiple * config.base_dim, memory));
      if (level < config.dim_mult.length - 1) next((value) => downsample(value, config.temperal_downsample[level], memory));
    });
    x = tracer.scope('mid_block', () => midBlock(x, memory));
    return causalConv3d('conv_out', silu(channelNorm('norm_out', x, 3)), 2 * config.z_dim, memory);
  });
  return channelsFirst(causalConv3d('quant_conv', moments, 2 * config.z_dim, memory, [1, 1, 1]));
}

/**
 * Decoder of Wan's causal VAE (`AutoencoderKLWan._decode`).
 * @param latents [B, z_dim, f, h, w] as the encoder gives them, not normalised
 * @param memory what earlier parts of the video left; default all of it at once
 * @returns pixels [B, 3, F, H, W], cut to -1..1
 */
export function wanVaeDecoder(latents: Tensor, config: WanVaeConfig, memory = new FrameMemory('whole')): Tensor {
  const { tracer } = latents;
  const { num_res_blocks: resnets } = config;
  const unquantised = causalConv3d('post_quant_conv', channelsLast(latents), config.z_dim, memory, [1, 1, 1]);
  const pixels = tracer.scope('decoder', () => {
    const base = config.decoder_base_dim ?? config.base_dim;
    const widths = config.dim_mult.map((multiple) => multiple * base).reverse();
    let x = causalConv3d('conv_in', unquantised, widths[0], memory);
    x = tracer.scope('mid_block', () => midBlock(x, memory));
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
