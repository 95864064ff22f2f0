import { z } from 'zod';
import { AiprodError } from '../../errors';
import { only, parseModelConfig, positiveInteger } from '../model-config';

/** Constructor arguments of `diffusers.WanTransformer3DModel`, with its defaults. */
const wanTransformerConfigSchema = z.object({
  /** Latent frames, rows and columns of a token. */
  patch_size: z.tuple([positiveInteger, positiveInteger, positiveInteger]).default([1, 2, 2]),
  num_attention_heads: positiveInteger.default(40),
  attention_head_dim: positiveInteger.default(128),
  /** Channels of the latents; image to video adds the image's latents and their mask. */
  in_channels: positiveInteger.default(16),
  out_channels: positiveInteger.default(16),
  text_dim: positiveInteger.default(4096),
  /** Width of the sinusoid that timesteps become before the learned layers. */
  freq_dim: positiveInteger.default(256),
  ffn_dim: positiveInteger.default(13824),
  num_layers: positiveInteger.default(40),
  /** Whether the norm before cross-attention has weights; else there is none. */
  cross_attn_norm: z.boolean().default(true),
  qk_norm: only('rms_norm_across_heads').default('rms_norm_across_heads'),
  eps: z.number().positive().default(1e-6),
  /** Width of the image's embedding, for models that read one. */
  image_dim: positiveInteger.nullable().default(null),
  added_kv_proj_dim: positiveInteger.nullable().default(null),
  rope_max_seq_len: positiveInteger.default(1024),
  /** Tokens of a first and a last image together, for models that read both: they have a position of their own. */
  pos_embed_seq_len: z.null({ error: 'null: models of a first and a last frame are not built' }).default(null),
});

export type WanTransformerConfig = z.output<typeof wanTransformerConfigSchema>;

/**
 * Validates the configuration of a Wan transformer.
 * @throws AiprodError `unsupported-model` that names every field which this implementation cannot build.
 */
export function parseWanTransformerConfig(value: unknown, where: string): WanTransformerConfig {
  const config = parseModelConfig(wanTransformerConfigSchema, value, where);
  const width = wanWidth(config);
  if (config.attention_head_dim % 2 !== 0) {
    throw new AiprodError('unsupported-model', 'this configuration cannot be built: positions turn pairs of channels', {
      where,
      expected: 'an even attention_head_dim',
      found: String(config.attention_head_dim),
    });
  }
  const readsImages = config.image_dim !== null;
  if (readsImages !== (config.added_kv_proj_dim !== null) || (readsImages && config.added_kv_proj_dim !== width)) {
    throw new AiprodError('unsupported-model', 'this configuration cannot be built: images are read by layers of the model’s width', {
      where,
      expected: `image_dim and added_kv_proj_dim = ${width}, or neither`,
      found: `image_dim = ${String(config.image_dim)}, added_kv_proj_dim = ${String(config.added_kv_proj_dim)}`,
    });
  }
  return config;
}

/** Width of the residual stream. */
export function wanWidth({ num_attention_heads, attention_head_dim }: WanTransformerConfig): number {
  return num_attention_heads * attention_head_dim;
}
