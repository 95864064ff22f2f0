import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseModelConfig, positiveInteger } from '../model-config';
import { parseLtxTransformerConfig, type LtxTransformerConfig } from './transformer-config';
import { parseLtxVaeConfig, type LtxVaeConfig } from './vae-config';

/**
 * Configurations as the original LTX-Video checkpoints carry them (`config` in the metadata of the file), in the words of
 * diffusers. What our models do not have is refused, never ignored.
 */

const only = <const Value extends string | number | boolean>(value: Value) =>
  z.literal(value, { error: `${String(value)}, nothing else is built` });

const transformerSchema = z.object({
  in_channels: positiveInteger,
  out_channels: positiveInteger.nullish(),
  num_attention_heads: positiveInteger,
  attention_head_dim: positiveInteger,
  cross_attention_dim: positiveInteger,
  num_layers: positiveInteger,
  caption_channels: positiveInteger,
  activation_fn: z.string().default('gelu-approximate'),
  norm_elementwise_affine: z.boolean().default(false),
  norm_eps: z.number().positive().default(1e-6),
  attention_bias: z.boolean().default(true),
  qk_norm: only('rms_norm').default('rms_norm'),
  standardization_norm: only('rms_norm').default('rms_norm'),
  positional_embedding_type: only('rope').default('rope'),
  positional_embedding_theta: only(10000).default(10000),
  positional_embedding_max_pos: z
    .array(z.number())
    .refine((sizes) => sizes.join() === '20,2048,2048', '[20, 2048, 2048], nothing else is built')
    .default([20, 2048, 2048]),
  timestep_scale_multiplier: only(1000).default(1000),
  double_self_attention: only(false).default(false),
  only_cross_attention: only(false).default(false),
  use_linear_projection: z.boolean().default(false),
});

/** The transformer of an original `Transformer3DModel` config. */
export function transformerConfigOfOriginal(value: unknown, where: string): LtxTransformerConfig {
  const config = parseModelConfig(transformerSchema, value, where);
  const { in_channels, out_channels, num_attention_heads, attention_head_dim, cross_attention_dim, num_layers, caption_channels } = config;
  const { activation_fn, norm_elementwise_affine, norm_eps, attention_bias } = config;
  return parseLtxTransformerConfig(
    {
      ...{ in_channels, out_channels: out_channels ?? in_channels, num_attention_heads, attention_head_dim, cross_attention_dim },
      ...{ num_layers, caption_channels, activation_fn, norm_elementwise_affine, norm_eps, attention_bias },
    },
    where,
  );
}

const blockParameters = z.union([
  z.int().min(0),
  z.object({
    num_layers: z.int().min(0).optional(),
    multiplier: positiveInteger.optional(),
    residual: z.boolean().optional(),
    inject_noise: z.boolean().optional(),
  }),
]);
const blocks = z.array(z.tuple([z.string(), blockParameters])).min(2);

const vaeSchema = z.object({
  dims: only(3).default(3),
  in_channels: positiveInteger.default(3),
  out_channels: positiveInteger.default(3),
  latent_channels: positiveInteger,
  /** Of both halves, in 0.9.0. */
  blocks: blocks.optional(),
  encoder_blocks: blocks.optional(),
  decoder_blocks: blocks.optional(),
  encoder_base_channels: positiveInteger.default(128),
  decoder_base_channels: positiveInteger.default(128),
  scaling_factor: z.number().positive().default(1),
  norm_layer: only('pixel_norm'),
  patch_size: positiveInteger.default(1),
  latent_log_var: only('uniform'),
  use_quant_conv: only(false),
  normalize_latent_channels: only(false).default(false),
  causal_decoder: z.boolean().default(false),
  timestep_conditioning: z.boolean().default(false),
  spatial_padding_mode: only('zeros').default('zeros'),
});

/** One module of an original encoder or decoder. */
interface Block {
  readonly kind: string;
  readonly layers: number;
  readonly multiplier: number | undefined;
  readonly residual: boolean;
  readonly injectNoise: boolean;
}

/** The VAE of an original `CausalVideoAutoencoder` config. */
export function vaeConfigOfOriginal(value: unknown, where: string): LtxVaeConfig {
  const config = parseModelConfig(vaeSchema, value, where);
  const encoder = readBlocks(config.encoder_blocks ?? config.blocks, 'encoder_blocks', where);
  const decoder = readBlocks(config.decoder_blocks ?? config.blocks, 'decoder_blocks', where);
  const { fields, space, time } = encoderFields(encoder, config.encoder_base_channels, where);
  return parseLtxVaeConfig(
    {
      in_channels: config.in_channels,
      out_channels: config.out_channels,
      latent_channels: config.latent_channels,
      patch_size: config.patch_size,
      scaling_factor: config.scaling_factor,
      decoder_causal: config.causal_decoder,
      timestep_conditioning: config.timestep_conditioning,
      ...fields,
      ...decoderFields(decoder, config.decoder_base_channels, where),
      spatial_compression_ratio: space * config.patch_size,
      temporal_compression_ratio: time,
    },
    where,
  );
}

function readBlocks(list: z.output<typeof blocks> | undefined, field: string, where: string): Block[] {
  if (list === undefined) throw new AiprodError('unsupported-model', `the config of the VAE lacks ${field}`, { where });
  return list.map(([kind, parameters]) => {
    const given = typeof parameters === 'number' ? { num_layers: parameters } : parameters;
    return {
      kind,
      layers: given.num_layers ?? 1,
      multiplier: given.multiplier,
      residual: given.residual ?? false,
      injectNoise: given.inject_noise ?? false,
    };
  });
}

/** Downsamplers by their names in the original, with how they shrink. */
const DOWNSAMPLERS: Readonly<Record<string, { readonly type: string; readonly space: number; readonly time: number }>> = {
  compress_all: { type: 'conv', space: 2, time: 2 },
  compress_all_res: { type: 'spatiotemporal', space: 2, time: 2 },
  compress_space_res: { type: 'spatial', space: 2, time: 1 },
  compress_time_res: { type: 'temporal', space: 1, time: 2 },
};

/** Resnets begin a block; a downsampler and a widening resnet behind them belong to it. The last resnets are the mid block. */
function encoderFields(list: readonly Block[], baseChannels: number, where: string): { fields: object; space: number; time: number } {
  const layers: number[] = [];
  const types: (string | undefined)[] = [];
  const channels = [baseChannels];
  let width = baseChannels;
  let [space, time] = [1, 1];
  for (const { kind, layers: count, multiplier = 2 } of list) {
    const downsampler = Object.hasOwn(DOWNSAMPLERS, kind) ? DOWNSAMPLERS[kind] : undefined;
    const block = layers.length - 1;
    if (kind === 'res_x') {
      if (layers.length > 0) channels.push(width);
      layers.push(count);
      types.push(undefined);
    } else if (downsampler !== undefined && block >= 0 && types[block] === undefined) {
      types[block] = downsampler.type;
      space *= downsampler.space;
      time *= downsampler.time;
      if (downsampler.type !== 'conv') width *= multiplier;
    } else if (kind === 'res_x_y' && block >= 0) {
      width *= multiplier;
    } else {
      throw strangeBlock('encoder_blocks', kind, where);
    }
  }
  const down = types.slice(0, -1);
  const unshuffles = down.some((type) => type !== undefined && type !== 'conv');
  return {
    fields: {
      block_out_channels: unshuffles ? channels : channels.slice(0, down.length),
      down_block_types: down.map(() => (unshuffles ? 'LTXVideo095DownBlock3D' : 'LTXVideoDownBlock3D')),
      layers_per_block: layers,
      spatio_temporal_scaling: down.map((type) => type !== undefined),
      downsample_type: down.map((type) => type ?? 'conv'),
    },
    space,
    time,
  };
}

/**
 * The list runs from the output to the latents, as diffusers' lists do. Seen from the latents, resnets end a block: the first are the
 * mid block, later ones close a block of an optional narrowing resnet and an optional upsampler.
 */
function decoderFields(list: readonly Block[], baseChannels: number, where: string): object {
  const narrows = ({ kind, multiplier }: Block): number =>
    kind === 'res_x_y' ? (multiplier ?? 2) : kind === 'compress_all' ? (multiplier ?? 1) : 1;
  let width = list.reduce((product, block) => product * narrows(block), baseChannels);
  const resnets: Block[] = [];
  const channels: number[] = [];
  const upsamplers: (Block | undefined)[] = [];
  let [current, upsampler]: [number, Block | undefined] = [width, undefined];
  for (const block of list.toReversed()) {
    if (block.kind === 'res_x') {
      if (resnets.length > 0) {
        channels.push(current);
        upsamplers.push(upsampler);
      }
      resnets.push(block);
      [current, upsampler] = [width, undefined];
    } else if (resnets.length > 0 && upsampler === undefined && (block.kind === 'res_x_y' || block.kind === 'compress_all')) {
      width /= narrows(block);
      if (block.kind === 'res_x_y') current = width;
      else upsampler = block;
    } else {
      throw strangeBlock('decoder_blocks', block.kind, where);
    }
  }
  return {
    decoder_block_out_channels: channels.toReversed(),
    decoder_layers_per_block: resnets.map(({ layers }) => layers).reverse(),
    decoder_inject_noise: resnets.map(({ injectNoise }) => injectNoise).reverse(),
    decoder_spatio_temporal_scaling: upsamplers.map((block) => block !== undefined).reverse(),
    upsample_factor: upsamplers.map((block) => block?.multiplier ?? 1).reverse(),
    upsample_residual: upsamplers.map((block) => block?.residual ?? false).reverse(),
  };
}

function strangeBlock(field: string, kind: string, where: string): AiprodError {
  return new AiprodError('unsupported-model', `${field} of the VAE has a block that cannot be built here`, {
    where,
    expected: 'res_x, res_x_y, compress_all, compress_all_res, compress_space_res or compress_time_res, in the order of LTX-Video',
    found: kind,
  });
}
