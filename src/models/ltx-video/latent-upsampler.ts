import { z } from 'zod';
import { AiprodError } from '../../errors';
import { add, cast, groupNorm, permute, reshape, silu, slice, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { conv2dLayer, conv3dLayer } from '../layers';
import { count, parseModelConfig, positiveInteger } from '../model-config';
import { channelsFirst, channelsLast, depthToSpace, type BlockSize } from './pixel-shuffle';

const groups = 32;
const groupNormEps = 1e-5;

/** Constructor arguments of `LTXLatentUpsamplerModel` (diffusers.pipelines.ltx), with its defaults. */
export const ltxUpsamplerConfigSchema = z.object({
  in_channels: positiveInteger.default(128),
  mid_channels: positiveInteger.multipleOf(groups).default(512),
  num_blocks_per_stage: count.default(4),
  /** Whether convolutions see frames (3) or each frame alone (2). */
  dims: z.union([z.literal(2), z.literal(3)]).default(3),
  spatial_upsample: z.boolean().default(true),
  temporal_upsample: z.boolean().default(false),
});

export type LtxUpsamplerConfig = z.output<typeof ltxUpsamplerConfigSchema>;

/** Reads a latent upsampler's config.json. */
export function parseLtxUpsamplerConfig(value: unknown, where = 'latent_upsampler'): LtxUpsamplerConfig {
  const config = parseModelConfig(ltxUpsamplerConfigSchema, value, where);
  if (!config.spatial_upsample && !config.temporal_upsample) {
    throw new AiprodError('unsupported-model', 'the upsampler enlarges nothing', {
      where,
      expected: 'spatial_upsample or temporal_upsample',
    });
  }
  if (config.dims === 2 && config.temporal_upsample) {
    throw new AiprodError('unsupported-model', 'an upsampler of single frames cannot enlarge time', {
      where,
      expected: 'dims 3 with temporal_upsample',
      found: 'dims 2',
    });
  }
  return config;
}

/**
 * LTX-Video's latent upsampler: denormalized latents [B, C, F, H, W] to latents twice as high and wide (spatial), with 2 F - 1
 * frames (temporal), or both.
 */
export function ltxLatentUpsampler(tracer: Tracer, config: LtxUpsamplerConfig, latents: Tensor, capture: Capture = captureNothing): Tensor {
  const [batch, , frames] = latents.shape;
  const video = channelsLast(cast(latents, tracer.dtype));
  // Single frames are a batch of one-frame videos: the group norm then sees one frame, as the reference's does.
  let hidden = config.dims === 2 ? reshape(video, [batch * frames, 1, ...video.shape.slice(2)]) : video;
  const record = (name: string): void =>
    capture(name, () => (config.dims === 2 ? permute(frameImages(hidden), [0, 3, 1, 2]) : channelsFirst(hidden)));

  hidden = normed('initial_norm', convolution('initial_conv', hidden, config.mid_channels, config));
  record('initial_norm');
  hidden = silu(hidden);
  for (let index = 0; index < config.num_blocks_per_stage; index++) {
    hidden = residualBlock(`res_blocks.${index}`, hidden, config);
    record(`res_blocks.${index}`);
  }
  hidden = upsample(hidden, config, capture);
  for (let index = 0; index < config.num_blocks_per_stage; index++) {
    hidden = residualBlock(`post_upsample_res_blocks.${index}`, hidden, config);
    record(`post_upsample_res_blocks.${index}`);
  }
  const out = cast(convolution('final_conv', hidden, config.in_channels, config), 'f32');
  return channelsFirst(config.dims === 2 ? reshape(out, [batch, frames, ...out.shape.slice(2)]) : out);
}

/** [B, F, H, W, C] as images [B * F, H, W, C]. */
function frameImages(x: Tensor): Tensor {
  const [batch, frames, rows, columns, channels] = x.shape;
  return reshape(x, [batch * frames, rows, columns, channels]);
}

/** Kernel 3, padded by zeros: over frames too where `dims` is 3. */
function convolution(name: string, x: Tensor, outChannels: number, { dims }: { readonly dims: 2 | 3 }): Tensor {
  if (dims === 3) {
    const around = [1, 1] as const;
    return conv3dLayer(name, x, outChannels, { kernel: [3, 3, 3], padding: [around, around, around] });
  }
  const y = conv2dLayer(name, frameImages(x), outChannels);
  return reshape(y, [...x.shape.slice(0, 4), outChannels]);
}

function normed(name: string, x: Tensor): Tensor {
  const { tracer } = x;
  const channels = x.shape[4];
  return groupNorm(x, {
    groups,
    eps: groupNormEps,
    weight: tracer.parameter(`${name}.weight`, [channels]),
    bias: tracer.parameter(`${name}.bias`, [channels]),
  });
}

function residualBlock(name: string, x: Tensor, config: LtxUpsamplerConfig): Tensor {
  const channels = x.shape[4];
  return x.tracer.scope(name, () => {
    const first = silu(normed('norm1', convolution('conv1', x, channels, config)));
    return silu(add(normed('norm2', convolution('conv2', first, channels, config)), x));
  });
}

/** A convolution and a pixel shuffle; the first frame of a temporal shuffle is dropped, as it stands for a single frame. */
function upsample(x: Tensor, { spatial_upsample, temporal_upsample }: LtxUpsamplerConfig, capture: Capture): Tensor {
  const block: BlockSize = [temporal_upsample ? 2 : 1, spatial_upsample ? 2 : 1, spatial_upsample ? 2 : 1];
  const volume = block[0] * block[1] * block[2];
  const wide = convolution('upsampler.0', x, x.shape[4] * volume, { dims: temporal_upsample ? 3 : 2 });
  const shuffled = depthToSpace(wide, block);
  capture('upsampler', () => (temporal_upsample ? channelsFirst(shuffled) : permute(frameImages(shuffled), [0, 3, 1, 2])));
  return temporal_upsample ? slice(shuffled, 1, 1, shuffled.shape[1] - 1) : shuffled;
}
