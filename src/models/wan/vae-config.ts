import { z } from 'zod';
import { AiprodError } from '../../errors';
import { count, parseModelConfig, positiveInteger } from '../model-config';

/** Latent statistics of the released models (Wan 2.1), which are the class's defaults. */
const releasedMean = [
  -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
];
const releasedStd = [
  2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.916,
];

/** Constructor arguments of `diffusers.AutoencoderKLWan`, with its defaults; the fields of Wan 2.2 may only say what 2.1 is. */
const wanVaeConfigSchema = z.object({
  base_dim: positiveInteger.default(96),
  /** Channels at the latent end of the decoder. */
  decoder_base_dim: positiveInteger.nullable().default(null),
  z_dim: positiveInteger.default(16),
  /** Channels of each level, in units of `base_dim`, from the pixels on. */
  dim_mult: z.array(positiveInteger).min(1).default([1, 2, 4, 4]),
  num_res_blocks: count.default(2),
  attn_scales: z.array(z.number()).max(0, { error: 'none: attention stands in the middle only' }).default([]),
  /** Which changes between levels halve the frames too; the field is spelt so in the reference. */
  temperal_downsample: z.array(z.boolean()).default([false, true, true]),
  latents_mean: z.array(z.number()).default(releasedMean),
  latents_std: z.array(z.number().positive()).default(releasedStd),
  is_residual: z.literal(false, { error: 'false: the VAE of Wan 2.2 is not built' }).default(false),
  in_channels: positiveInteger.default(3),
  out_channels: positiveInteger.default(3),
  patch_size: z.null({ error: 'null: the VAE of Wan 2.2 is not built' }).default(null),
});

export type WanVaeConfig = z.output<typeof wanVaeConfigSchema>;

/**
 * Validates the configuration of a Wan VAE.
 * @throws AiprodError `unsupported-model` that names every field which this implementation cannot build.
 */
export function parseWanVaeConfig(value: unknown, where: string): WanVaeConfig {
  const config = parseModelConfig(wanVaeConfigSchema, value, where);
  const lengths = {
    temperal_downsample: [config.temperal_downsample.length, config.dim_mult.length - 1],
    latents_mean: [config.latents_mean.length, config.z_dim],
    latents_std: [config.latents_std.length, config.z_dim],
  };
  for (const [field, [found, expected]] of Object.entries(lengths)) {
    if (found === expected) continue;
    throw new AiprodError('unsupported-model', `this configuration cannot be built: ${field} has another length than the rest asks for`, {
      where,
      expected: `${expected} entries`,
      found: String(found),
    });
  }
  return config;
}

/** Pixels a side that a latent pixel stands for, and frames that a latent frame behind the first stands for. */
export function wanCompression({ dim_mult, temperal_downsample }: WanVaeConfig): { readonly spatial: number; readonly temporal: number } {
  return { spatial: 2 ** (dim_mult.length - 1), temporal: 2 ** temperal_downsample.filter(Boolean).length };
}
