import { z } from 'zod';
import { AiprodError } from '../../errors';
import { count, oneOf, parseModelConfig, positiveInteger } from '../model-config';

const downBlockType = oneOf(['LTXVideoDownBlock3D', 'LTXVideo095DownBlock3D']);
const downsampleType = oneOf(['conv', 'spatial', 'temporal', 'spatiotemporal']);
export type DownsampleType = z.output<typeof downsampleType>;
const upsampleType = oneOf(['spatial', 'temporal', 'spatiotemporal']);
export type UpsampleType = z.output<typeof upsampleType>;
/** What convolutions see beyond the edges of a frame; mirrored edges need frames of at least two latents a side. */
export const spatialPadding = oneOf(['zeros', 'reflect', 'replicate']);
export type SpatialPadding = z.output<typeof spatialPadding>;

const perBlock = z.union([z.boolean(), z.array(z.boolean())]);

/** Fields that both generations of the class have. */
const sharedFields = {
  in_channels: positiveInteger.default(3),
  out_channels: positiveInteger.default(3),
  latent_channels: positiveInteger.default(128),
  timestep_conditioning: z.boolean().default(false),
  /** Pixels a side of the patches that become channels at the door. */
  patch_size: positiveInteger.default(4),
  patch_size_t: z.literal(1, { error: '1, the reference cannot build another' }).default(1),
  resnet_norm_eps: z.number().positive().default(1e-6),
  scaling_factor: z.number().positive().default(1),
  encoder_causal: z.boolean().default(true),
  /** Pixels a side that one latent pixel stands for; found from the other fields when absent. */
  spatial_compression_ratio: positiveInteger.nullish(),
  temporal_compression_ratio: positiveInteger.nullish(),
};

/** Constructor arguments of `diffusers.AutoencoderKLLTXVideo`, with its defaults. Decoder lists run from the output to the latents. */
export const ltxVaeConfigSchema = z.object({
  ...sharedFields,
  block_out_channels: z.array(positiveInteger).min(1).default([128, 256, 512, 512]),
  down_block_types: z
    .array(downBlockType)
    .min(1)
    .default(['LTXVideoDownBlock3D', 'LTXVideoDownBlock3D', 'LTXVideoDownBlock3D', 'LTXVideoDownBlock3D']),
  decoder_block_out_channels: z.array(positiveInteger).min(1).default([128, 256, 512, 512]),
  /** Resnets of each down block, then of the mid block. */
  layers_per_block: z.array(count).min(2).default([4, 3, 3, 3, 4]),
  decoder_layers_per_block: z.array(count).min(2).default([4, 3, 3, 3, 4]),
  spatio_temporal_scaling: z.array(z.boolean()).default([true, true, true, false]),
  decoder_spatio_temporal_scaling: z.array(z.boolean()).default([true, true, true, false]),
  decoder_inject_noise: z.array(z.boolean()).default([false, false, false, false, false]),
  downsample_type: z.array(downsampleType).default(['conv', 'conv', 'conv', 'conv']),
  upsample_residual: z.array(z.boolean()).default([false, false, false, false]),
  upsample_factor: z.array(positiveInteger).default([1, 1, 1, 1]),
  decoder_causal: z.boolean().default(false),
});

/** Constructor arguments of `diffusers.AutoencoderKLLTX2Video`, with its defaults; `decoder_causal` is false in all released models. */
const ltx2VaeConfigSchema = z.object({
  ...sharedFields,
  /** Behind each down block; the first works on `latent_channels`. */
  block_out_channels: z.array(positiveInteger).min(1).default([256, 512, 1024, 2048]),
  down_block_types: z
    .array(oneOf(['LTX2VideoDownBlock3D']))
    .min(1)
    .optional(),
  decoder_block_out_channels: z.array(positiveInteger).min(1).default([256, 512, 1024]),
  layers_per_block: z.array(count).min(2).default([4, 6, 6, 2, 2]),
  decoder_layers_per_block: z.array(count).min(2).default([5, 5, 5, 5]),
  spatio_temporal_scaling: perBlock.default([true, true, true, true]),
  decoder_spatio_temporal_scaling: perBlock.default([true, true, true]),
  decoder_inject_noise: perBlock.default([false, false, false, false]),
  downsample_type: z.array(downsampleType).default(['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal']),
  /** The one list of the decoder that runs from the latents to the output. */
  upsample_type: z.array(upsampleType).default(['spatiotemporal', 'spatiotemporal', 'spatiotemporal']),
  upsample_residual: perBlock.default([true, true, true]),
  upsample_factor: z.array(positiveInteger).default([2, 2, 2]),
  decoder_causal: z.boolean().default(true),
  encoder_spatial_padding_mode: spatialPadding.default('zeros'),
  decoder_spatial_padding_mode: spatialPadding.default('reflect'),
});

/** Whose class a VAE is of. Its tensors do not tell everything of it: LTX-2's decoder mirrors edges where nothing else is said. */
export type VaeGeneration = 'ltx-video' | 'ltx-2';

/** What only LTX-2's class lets one choose. */
export interface VaeVariant {
  /** From the latents to the output. */
  readonly upsample_type: readonly UpsampleType[];
  readonly encoder_spatial_padding_mode: SpatialPadding;
  readonly decoder_spatial_padding_mode: SpatialPadding;
  /** Shortcuts that change channels are a convolution inside a causal one (LTX-Video) or a plain one (LTX-2): another name. */
  readonly plain_shortcut: boolean;
}

/**
 * A VAE of LTX-Video or LTX-2, in the words of the former: `block_out_channels` begins with the channels behind the first
 * convolution.
 */
export type LtxVaeConfig = z.output<typeof ltxVaeConfigSchema> & VaeVariant;

/** One down block of the encoder. */
export interface DownBlock {
  readonly type: LtxVaeConfig['down_block_types'][number];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly layers: number;
  /** How the block halves time and space; undefined when it does not. */
  readonly downsample: DownsampleType | undefined;
}

/** One up block of the decoder. */
export interface UpBlock {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly layers: number;
  readonly upsample: { readonly type: UpsampleType; readonly factor: number; readonly residual: boolean } | undefined;
  readonly injectNoise: boolean;
}

/** Factors (frames, rows, columns) by which each kind of downsampling shrinks. */
export const downsampleStride: Readonly<Record<DownsampleType, readonly [number, number, number]>> = {
  conv: [2, 2, 2],
  spatial: [1, 2, 2],
  temporal: [2, 1, 1],
  spatiotemporal: [2, 2, 2],
};

/** Factors (frames, rows, columns) by which each kind of upsampling enlarges: those of the downsampling of its name. */
export const upsampleStride: Readonly<Record<UpsampleType, readonly [number, number, number]>> = downsampleStride;

/** Reads the config.json of an LTX-Video VAE and checks that the reference could build it. */
export function parseLtxVaeConfig(value: unknown, where = 'vae'): LtxVaeConfig {
  return vaeConfigOfFields(value, where, {});
}

/** A configuration in LTX-Video's words, with what only LTX-2 lets one choose beside them. */
export function vaeConfigOfFields(value: unknown, where: string, variant: Partial<VaeVariant>): LtxVaeConfig {
  const config = parseModelConfig(ltxVaeConfigSchema, value, where);
  return checkedConfig(where, {
    ...config,
    upsample_type: config.decoder_block_out_channels.map(() => 'spatiotemporal'),
    encoder_spatial_padding_mode: 'zeros',
    decoder_spatial_padding_mode: 'zeros',
    plain_shortcut: false,
    ...variant,
  });
}

/** Reads the config.json of an LTX-2 VAE and checks that the reference could build it. */
export function parseLtx2VaeConfig(value: unknown, where = 'vae'): LtxVaeConfig {
  const config = parseModelConfig(ltx2VaeConfigSchema, value, where);
  const lists = (field: boolean | boolean[], blocks: number): boolean[] =>
    typeof field === 'boolean' ? new Array<boolean>(blocks).fill(field) : field;
  const down = config.block_out_channels.length;
  const up = config.decoder_block_out_channels.length;
  return checkedConfig(where, {
    ...config,
    block_out_channels: [config.latent_channels, ...config.block_out_channels],
    down_block_types: new Array<'LTXVideo095DownBlock3D'>(down).fill('LTXVideo095DownBlock3D'),
    spatio_temporal_scaling: lists(config.spatio_temporal_scaling, down),
    decoder_spatio_temporal_scaling: lists(config.decoder_spatio_temporal_scaling, up),
    decoder_inject_noise: lists(config.decoder_inject_noise, up + 1),
    upsample_residual: lists(config.upsample_residual, up),
    plain_shortcut: true,
  });
}

function checkedConfig(where: string, config: LtxVaeConfig): LtxVaeConfig {
  const is095 = config.down_block_types[config.down_block_types.length - 1] === 'LTXVideo095DownBlock3D';
  const down = config.block_out_channels.length - (is095 ? 1 : 0);
  const up = config.decoder_block_out_channels.length;
  requireLength(where, config, 'down_block_types', down);
  requireLength(where, config, 'spatio_temporal_scaling', down);
  requireLength(where, config, 'layers_per_block', down + 1);
  if (is095) requireLength(where, config, 'downsample_type', down);
  requireLength(where, config, 'decoder_spatio_temporal_scaling', up);
  requireLength(where, config, 'decoder_layers_per_block', up + 1);
  requireLength(where, config, 'decoder_inject_noise', up + 1);
  requireLength(where, config, 'upsample_residual', up);
  requireLength(where, config, 'upsample_factor', up);
  requireLength(where, config, 'upsample_type', up);
  checkDownBlocks(where, downBlocks(config));
  checkUpBlocks(where, config);
  return config;
}

/** Lists may be longer than the model: the reference reads what it needs, encoder lists from the front, decoder lists from the back. */
function requireLength(where: string, config: LtxVaeConfig, field: keyof LtxVaeConfig, needed: number): void {
  const list = config[field];
  const length = Array.isArray(list) ? list.length : 0;
  if (length >= needed) return;
  throw new AiprodError('unsupported-model', `${field} is too short for the number of blocks`, {
    where,
    expected: `at least ${needed} entries`,
    found: `${length}: ${JSON.stringify(list)}`,
  });
}

/** The encoder's down blocks, from pixels to latents. */
export function downBlocks(config: LtxVaeConfig): DownBlock[] {
  const { block_out_channels: channels, down_block_types: types } = config;
  const is095 = types[types.length - 1] === 'LTXVideo095DownBlock3D';
  return Array.from({ length: channels.length - (is095 ? 1 : 0) }, (_, index) => ({
    type: types[index],
    inChannels: channels[index],
    outChannels: channels[Math.min(index + 1, channels.length - 1)],
    layers: config.layers_per_block[index],
    downsample: !config.spatio_temporal_scaling[index]
      ? undefined
      : types[index] === 'LTXVideo095DownBlock3D'
        ? config.downsample_type[index]
        : 'conv',
  }));
}

/** Resnets and noise of the decoder's mid block, and its channels. */
export function decoderMidBlock(config: LtxVaeConfig): { channels: number; layers: number; injectNoise: boolean } {
  const last = <T>(list: readonly T[]): T => list[list.length - 1];
  return {
    channels: last(config.decoder_block_out_channels),
    layers: last(config.decoder_layers_per_block),
    injectNoise: last(config.decoder_inject_noise),
  };
}

/** The decoder's up blocks, from latents to pixels. */
export function upBlocks(config: LtxVaeConfig): UpBlock[] {
  const channels = config.decoder_block_out_channels.toReversed();
  const factors = config.upsample_factor.toReversed();
  const scaling = config.decoder_spatio_temporal_scaling.toReversed();
  const residual = config.upsample_residual.toReversed();
  const layers = config.decoder_layers_per_block.toReversed();
  const noise = config.decoder_inject_noise.toReversed();
  let previous = channels[0];
  return channels.map((channel, index) => {
    const factor = factors[index];
    const block = {
      inChannels: Math.floor(previous / factor),
      outChannels: Math.floor(channel / factor),
      layers: layers[index + 1],
      upsample: scaling[index] ? { type: config.upsample_type[index], factor, residual: residual[index] } : undefined,
      injectNoise: noise[index + 1],
    };
    previous = block.outChannels;
    return block;
  });
}

function checkDownBlocks(where: string, blocks: readonly DownBlock[]): void {
  blocks.forEach(({ type, inChannels, outChannels, downsample }, index) => {
    if (type !== 'LTXVideo095DownBlock3D') return;
    const at = `${where}: block_out_channels[${index + 1}]`;
    if (downsample === undefined || downsample === 'conv') {
      if (inChannels === outChannels) return;
      throw new AiprodError('unsupported-model', 'a block without pixel-unshuffle cannot change the number of channels', {
        where: at,
        expected: String(inChannels),
        found: String(outChannels),
      });
    }
    const volume = downsampleStride[downsample].reduce((product, size) => product * size, 1);
    if (outChannels % volume !== 0 || (inChannels * volume) % outChannels !== 0) {
      throw new AiprodError('unsupported-model', `${downsample} downsampling cannot make these channels`, {
        where: at,
        expected: `a multiple of ${volume} that divides ${inChannels * volume}`,
        found: String(outChannels),
      });
    }
  });
}

/** Follows the channels through the decoder. */
function checkUpBlocks(where: string, config: LtxVaeConfig): void {
  let channels = decoderMidBlock(config).channels;
  upBlocks(config).forEach(({ inChannels, outChannels, upsample, injectNoise }, index) => {
    const at = `${where}: decoder up block ${index}`;
    const requireChannels = (needed: number): void => {
      if (channels === needed && needed > 0) return;
      throw new AiprodError('unsupported-model', "channels do not fit between the decoder's blocks", {
        where: at,
        expected: `${needed} channels`,
        found: String(channels),
        hint: 'Compare decoder_block_out_channels with upsample_factor',
      });
    };
    if (inChannels !== outChannels) {
      if (config.timestep_conditioning || injectNoise) {
        throw new AiprodError(
          'unsupported-model',
          'a block that changes its channels can neither be timestep-conditioned nor inject noise',
          {
            where: at,
            expected: `decoder_block_out_channels and upsample_factor that keep ${inChannels} channels`,
            found: String(outChannels),
          },
        );
      }
      requireChannels(inChannels);
      channels = outChannels;
    }
    requireChannels(upsample === undefined ? outChannels : outChannels * upsample.factor);
    const volume = upsample === undefined ? 1 : upsampleStride[upsample.type].reduce((product, size) => product * size, 1);
    if (upsample !== undefined && (channels * volume) % upsample.factor !== 0) {
      throw new AiprodError('unsupported-model', `upsampling cannot make ${channels * volume} / ${upsample.factor} channels`, {
        where: at,
      });
    }
    if (upsample?.residual === true && (channels % volume !== 0 || volume % upsample.factor !== 0)) {
      throw new AiprodError('unsupported-model', `a residual upsampler shuffles groups of ${volume} channels`, {
        where: at,
        expected: `channels divisible by ${volume} and an upsample_factor that divides it`,
        found: `${channels} channels, factor ${upsample.factor}`,
      });
    }
    channels = outChannels;
  });
}

/** Pixels a side and frames that one latent pixel stands for. */
export function compressionRatios(config: LtxVaeConfig): { spatial: number; temporal: number } {
  const halvings = config.spatio_temporal_scaling.filter(Boolean).length;
  return {
    spatial: config.spatial_compression_ratio ?? config.patch_size * 2 ** halvings,
    temporal: config.temporal_compression_ratio ?? config.patch_size_t * 2 ** halvings,
  };
}
