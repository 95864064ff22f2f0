import { z } from 'zod';
import { AiprodError } from '../../errors';
import { only, parseModelConfig, positiveInteger } from '../model-config';
import { spatialPadding, vaeConfigOfFields, type LtxVaeConfig, type UpsampleType, type VaeGeneration } from './vae-config';

/**
 * The VAE's configuration as the original LTX-Video and LTX-2 checkpoints carry it (`config` in the metadata of the file), in the words of
 * diffusers. What our model does not have is refused, never ignored.
 */

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
  /** Of both halves, or of each. */
  spatial_padding_mode: spatialPadding.optional(),
  encoder_spatial_padding_mode: spatialPadding.optional(),
  decoder_spatial_padding_mode: spatialPadding.optional(),
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
export function vaeConfigOfOriginal(value: unknown, where: string, generation: VaeGeneration = 'ltx-video'): LtxVaeConfig {
  const config = parseModelConfig(vaeSchema, value, where);
  const encoder = readBlocks(config.encoder_blocks ?? config.blocks, 'encoder_blocks', where);
  const decoder = readBlocks(config.decoder_blocks ?? config.blocks, 'decoder_blocks', where);
  const { fields, space, time } = encoderFields(encoder, config.encoder_base_channels, where);
  const { fields: decoderLists, upsample_type } = decoderFields(decoder, config.decoder_base_channels, where);
  const isLtx2 = generation === 'ltx-2';
  const padding = config.spatial_padding_mode;
  return vaeConfigOfFields(
    {
      in_channels: config.in_channels,
      out_channels: config.out_channels,
      latent_channels: config.latent_channels,
      patch_size: config.patch_size,
      scaling_factor: config.scaling_factor,
      decoder_causal: config.causal_decoder,
      timestep_conditioning: config.timestep_conditioning,
      ...fields,
      ...decoderLists,
      spatial_compression_ratio: space * config.patch_size,
      temporal_compression_ratio: time,
    },
    where,
    {
      upsample_type,
      encoder_spatial_padding_mode: config.encoder_spatial_padding_mode ?? padding ?? 'zeros',
      decoder_spatial_padding_mode: config.decoder_spatial_padding_mode ?? padding ?? (isLtx2 ? 'reflect' : 'zeros'),
      plain_shortcut: isLtx2,
    },
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

/** Upsamplers by their names in the original. */
const UPSAMPLERS: Readonly<Record<string, UpsampleType>> = {
  compress_all: 'spatiotemporal',
  compress_space: 'spatial',
  compress_time: 'temporal',
};

/**
 * The list runs from the output to the latents, as diffusers' lists do. Seen from the latents, resnets end a block: the first are the
 * mid block, later ones close a block of an optional narrowing resnet and an optional upsampler.
 */
function decoderFields(list: readonly Block[], baseChannels: number, where: string): { fields: object; upsample_type: UpsampleType[] } {
  const narrows = ({ kind, multiplier }: Block): number =>
    kind === 'res_x_y' ? (multiplier ?? 2) : Object.hasOwn(UPSAMPLERS, kind) ? (multiplier ?? 1) : 1;
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
    } else if (resnets.length > 0 && upsampler === undefined && (block.kind === 'res_x_y' || Object.hasOwn(UPSAMPLERS, block.kind))) {
      width /= narrows(block);
      if (block.kind === 'res_x_y') current = width;
      else upsampler = block;
    } else {
      throw strangeBlock('decoder_blocks', block.kind, where);
    }
  }
  const fields = {
    decoder_block_out_channels: channels.toReversed(),
    decoder_layers_per_block: resnets.map(({ layers }) => layers).reverse(),
    decoder_inject_noise: resnets.map(({ injectNoise }) => injectNoise).reverse(),
    decoder_spatio_temporal_scaling: upsamplers.map((block) => block !== undefined).reverse(),
    upsample_factor: upsamplers.map((block) => block?.multiplier ?? 1).reverse(),
    upsample_residual: upsamplers.map((block) => block?.residual ?? false).reverse(),
  };
  return { fields, upsample_type: upsamplers.map((block) => (block === undefined ? 'spatiotemporal' : UPSAMPLERS[block.kind])) };
}

function strangeBlock(field: string, kind: string, where: string): AiprodError {
  return new AiprodError('unsupported-model', `${field} of the VAE has a block that cannot be built here`, {
    where,
    expected: 'res_x, res_x_y, compress_all, compress_space, compress_time, or in the encoder these with _res, in the order of LTX-Video',
    found: kind,
  });
}
