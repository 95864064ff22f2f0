import { z } from 'zod';
import { AiprodError } from '../../errors';
import { feedForwardActivations } from '../feed-forward';
import { count, oneOf, parseModelConfig, positiveInteger } from '../model-config';

/** Constructor arguments of `diffusers.LTXVideoTransformer3DModel`, with its defaults. */
export const ltxTransformerConfigSchema = z.object({
  /** Channels of the packed latents. */
  in_channels: positiveInteger.default(128),
  /** Channels of the prediction; the class takes `in_channels` for null or 0. */
  out_channels: count.nullable().default(128),
  /** Latent pixels and frames of a token; latents come packed, so that it only changes the rotary coordinates. */
  patch_size: positiveInteger.default(1),
  patch_size_t: positiveInteger.default(1),
  num_attention_heads: positiveInteger.default(32),
  attention_head_dim: positiveInteger.default(64),
  cross_attention_dim: positiveInteger.default(2048),
  num_layers: positiveInteger.default(28),
  activation_fn: oneOf(feedForwardActivations).default('gelu-approximate'),
  qk_norm: oneOf(['rms_norm_across_heads']).default('rms_norm_across_heads'),
  norm_elementwise_affine: z.boolean().default(false),
  norm_eps: z.number().positive().default(1e-6),
  /** Width of the text encoder's hidden states. */
  caption_channels: positiveInteger.default(4096),
  attention_bias: z.boolean().default(true),
  attention_out_bias: z.boolean().default(true),
});

export type LtxTransformerConfig = z.output<typeof ltxTransformerConfigSchema>;

/** Reads a transformer's config.json. */
export function parseLtxTransformerConfig(value: unknown, where = 'transformer'): LtxTransformerConfig {
  const config = parseModelConfig(ltxTransformerConfigSchema, value, where);
  const width = innerDim(config);
  if (width % 2 !== 0 || width < 6) {
    throw new AiprodError('unsupported-model', 'num_attention_heads * attention_head_dim does not give whole rotary pairs for three axes', {
      where,
      expected: 'an even product of at least 6',
      found: String(width),
    });
  }
  if (config.cross_attention_dim !== width) {
    // The caption projection is as wide as the model, and cross-attention reads what it makes.
    throw new AiprodError('unsupported-model', 'cross_attention_dim differs from the width of the projected captions', {
      where,
      expected: `cross_attention_dim = num_attention_heads * attention_head_dim = ${width}`,
      found: String(config.cross_attention_dim),
    });
  }
  return config;
}

/** Width of the residual stream. */
export function innerDim(config: LtxTransformerConfig): number {
  return config.num_attention_heads * config.attention_head_dim;
}

/** Channels of the prediction. */
export function outChannels(config: LtxTransformerConfig): number {
  return config.out_channels === null || config.out_channels === 0 ? config.in_channels : config.out_channels;
}
