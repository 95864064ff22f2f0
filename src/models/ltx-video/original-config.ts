import { z } from 'zod';
import { only, parseModelConfig, positiveInteger } from '../model-config';
import { parseLtxTransformerConfig, type LtxTransformerConfig } from './transformer-config';

/**
 * The transformer's configuration as the original LTX-Video checkpoints carry it (`config` in the metadata of the file), in the
 * words of diffusers. What our model does not have is refused, never ignored.
 */

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
