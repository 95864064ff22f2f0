import { z } from 'zod';
import { AiprodError } from '../../errors';
import { add, cast, conv2d, groupNorm, permute, reshape, silu, slice, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { conv2dLayer, conv3dLayer } from '../layers';
import { channelsFirst, channelsLast } from '../layouts';
import { count, parseModelConfig, positiveInteger } from '../model-config';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import { depthToSpace, type BlockSize } from './pixel-shuffle';

const groups = 32;
const groupNormEps = 1e-5;

/** Fields that both generations of the class have. */
const sharedFields = {
  in_channels: positiveInteger.default(128),
  num_blocks_per_stage: count.default(4),
  /** Whether convolutions see frames (3) or each frame alone (2). */
  dims: z.union([z.literal(2), z.literal(3)]).default(3),
  spatial_upsample: z.boolean().default(true),
  temporal_upsample: z.boolean().default(false),
};
const midChannels = positiveInteger.multipleOf(groups);

/** Constructor arguments of `LTXLatentUpsamplerModel` (diffusers.pipelines.ltx), with its defaults. */
export const ltxUpsamplerConfigSchema = z.object({ ...sharedFields, mid_channels: midChannels.default(512) });

/** Enlargements of rows and columns that the reference knows, as numerator and denominator. */
const rationalScales = new Map<number, readonly [numerator: number, denominator: number]>([
  [0.75, [3, 4]],
  [1.5, [3, 2]],
  [2, [2, 1]],
  [4, [4, 1]],
]);

/** Constructor arguments of `LTX2LatentUpsamplerModel` (diffusers.pipelines.ltx2), with its defaults. */
const ltx2UpsamplerConfigSchema = z.object({
  ...sharedFields,
  mid_channels: midChannels.default(1024),
  rational_spatial_scale: z
    .number()
    .refine((scale) => rationalScales.has(scale), `one of ${[...rationalScales.keys()].join(', ')}`)
    .default(2),
  use_rational_resampler: z.boolean().default(true),
});

export type LtxUpsamplerConfig = z.output<typeof ltxUpsamplerConfigSchema> & {
  /**
   * Rows and columns become this many times as many, by a pixel shuffle up and a blur down, where only they are enlarged. Undefined
   * for a pixel shuffle that doubles them.
   */
  readonly rational_spatial_scale?: number;
};

/** Reads the config.json of an LTX-Video latent upsampler. */
export function parseLtxUpsamplerConfig(value: unknown, where = 'latent_upsampler'): LtxUpsamplerConfig {
  return checkedConfig(where, parseModelConfig(ltxUpsamplerConfigSchema, value, where));
}

/** Reads the config.json of an LTX-2 latent upsampler. */
export function parseLtx2UpsamplerConfig(value: unknown, where = 'latent_upsampler'): LtxUpsamplerConfig {
  const {
    use_rational_resampler: rational,
    rational_spatial_scale: scale,
    ...config
  } = parseModelConfig(ltx2UpsamplerConfigSchema, value, where);
  const onlySpace = config.spatial_upsample && !config.temporal_upsample;
  return checkedConfig(where, { ...config, ...(rational && onlySpace ? { rational_spatial_scale: scale } : {}) });
}

/** Fields of an upsampler's config.json, from its tensors alone. */
export function upsamplerFieldsOfTensors(tensors: TensorShapes): Readonly<Record<string, unknown>> {
  const shapeOf = shapeReader(tensors);
  const initial = tensors.shapes.get('initial_conv.weight') ?? [];
  const [mid, channels] = shapeOf('initial_conv.weight', initial.length === 4 ? 4 : 5);
  const rational = tensors.shapes.has('upsampler.conv.weight');
  const layer = rational ? 'upsampler.conv.weight' : 'upsampler.0.weight';
  const shuffle = tensors.shapes.get(layer) ?? [];
  const volume = shapeOf(layer, shuffle.length === 5 ? 5 : 4)[0] / mid;
  const space = Math.round(Math.sqrt(volume));
  return {
    in_channels: channels,
    mid_channels: mid,
    dims: initial.length - 2,
    num_blocks_per_stage: countOf(tensors.shapes.keys(), 'res_blocks'),
    spatial_upsample: volume !== 2,
    temporal_upsample: shuffle.length === 5,
    // Three pixels for one are blurred down to every second; two and four stay.
    ...(rational ? { use_rational_resampler: true, rational_spatial_scale: space === 3 ? 1.5 : space } : {}),
  };
}

function checkedConfig(where: string, config: LtxUpsamplerConfig): LtxUpsamplerConfig {
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
 * The latent upsampler of LTX-Video and LTX-2: denormalized latents [B, C, F, H, W] to latents twice as high and wide, or as many
 * times as the rational scale says (spatial), with 2 F - 1 frames (temporal), or both.
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
function upsample(x: Tensor, config: LtxUpsamplerConfig, capture: Capture): Tensor {
  const { spatial_upsample, temporal_upsample, rational_spatial_scale: scale } = config;
  const [numerator, denominator] = (scale === undefined ? undefined : rationalScales.get(scale)) ?? [2, 1];
  const space = spatial_upsample ? numerator : 1;
  const block: BlockSize = [temporal_upsample ? 2 : 1, space, space];
  const volume = block[0] * block[1] * block[2];
  const layer = scale === undefined ? 'upsampler.0' : 'upsampler.conv';
  const wide = convolution(layer, x, x.shape[4] * volume, { dims: temporal_upsample ? 3 : 2 });
  const shuffled = depthToSpace(wide, block);
  const sampled = denominator === 1 ? shuffled : blurDownsample(shuffled, denominator);
  capture('upsampler', () => (temporal_upsample ? channelsFirst(sampled) : permute(frameImages(sampled), [0, 3, 1, 2])));
  return temporal_upsample ? slice(sampled, 1, 1, sampled.shape[1] - 1) : sampled;
}

/** Binomial coefficients over their sum: a blur that nears a Gaussian. */
const blur = [1, 4, 6, 4, 1].map((coefficient) => coefficient / 16);

/** Every `stride`-th pixel of each frame after a blur of 5 x 5 (`BlurDownsample`); zeros beyond the edges. */
function blurDownsample(x: Tensor, stride: number): Tensor {
  const channels = x.shape[4];
  const taps = blur.flatMap((row) => blur.map((column) => row * column));
  const weight = x.tracer.constant(
    Float32Array.from({ length: taps.length * channels }, (_, index) => taps[Math.floor(index / channels)]),
    [blur.length, blur.length, 1, channels],
    x.dtype === 'f16' ? 'f16' : 'f32',
  );
  const around = [2, 2] as const;
  const y = conv2d(frameImages(x), weight, { stride: [stride, stride], padding: [around, around], groups: channels });
  return reshape(y, [...x.shape.slice(0, 2), ...y.shape.slice(1)]);
}
