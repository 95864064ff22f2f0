import { z } from 'zod';
import { AiprodError } from '../../errors';
import { feedForwardActivations } from '../feed-forward';
import { count, oneOf, only, parseModelConfig, positiveInteger } from '../model-config';

/** Constructor arguments of `diffusers.LTX2VideoTransformer3DModel`, with its defaults. */
export const ltx2TransformerConfigSchema = z.object({
  /** Channels of the packed video latents. */
  in_channels: positiveInteger.default(128),
  /** Channels of the video prediction; the class takes `in_channels` for null or 0. */
  out_channels: count.nullable().default(128),
  /** Latent pixels and frames of a video token; latents come packed, so that it only changes the coordinates. */
  patch_size: positiveInteger.default(1),
  patch_size_t: positiveInteger.default(1),
  num_attention_heads: positiveInteger.default(32),
  attention_head_dim: positiveInteger.default(128),
  /** Width of the text as the video blocks read it. */
  cross_attention_dim: positiveInteger.default(4096),
  /** Frames, pixel rows and pixel columns of a latent step. */
  vae_scale_factors: z.tuple([positiveInteger, positiveInteger, positiveInteger]).default([8, 32, 32]),
  /** What coordinates are fractions of: seconds, pixel rows, pixel columns. */
  pos_embed_max_pos: positiveInteger.default(20),
  base_height: positiveInteger.default(2048),
  base_width: positiveInteger.default(2048),
  /** Whether heads are gated by what they read (2.3). */
  gated_attn: z.boolean().default(false),
  /** Whether cross-attention to the text is modulated by the timestep (2.3). */
  cross_attn_mod: z.boolean().default(false),
  audio_in_channels: positiveInteger.default(128),
  audio_out_channels: count.nullable().default(128),
  audio_patch_size: positiveInteger.default(1),
  audio_patch_size_t: positiveInteger.default(1),
  audio_num_attention_heads: positiveInteger.default(32),
  audio_attention_head_dim: positiveInteger.default(64),
  audio_cross_attention_dim: positiveInteger.default(2048),
  /** Spectrogram columns of an audio latent frame. */
  audio_scale_factor: positiveInteger.default(4),
  audio_pos_embed_max_pos: positiveInteger.default(20),
  audio_sampling_rate: positiveInteger.default(16000),
  audio_hop_length: positiveInteger.default(160),
  audio_gated_attn: z.boolean().default(false),
  audio_cross_attn_mod: z.boolean().default(false),
  num_layers: positiveInteger.default(48),
  activation_fn: oneOf(feedForwardActivations).default('gelu-approximate'),
  qk_norm: oneOf(['rms_norm_across_heads']).default('rms_norm_across_heads'),
  norm_elementwise_affine: z.boolean().default(false),
  norm_eps: z.number().positive().default(1e-6),
  /** Width of the text where the transformer projects it itself (2.0). */
  caption_channels: positiveInteger.default(3840),
  attention_bias: z.boolean().default(true),
  attention_out_bias: z.boolean().default(true),
  rope_theta: z.number().positive().default(10000),
  rope_double_precision: z.boolean().default(true),
  causal_offset: count.default(1),
  timestep_scale_multiplier: z.number().positive().default(1000),
  cross_attn_timestep_scale_multiplier: z.number().positive().default(1000),
  rope_type: oneOf(['interleaved', 'split']).default('interleaved'),
  /** Whether the transformer projects the text itself (2.0); else the connectors do (2.3). */
  use_prompt_embeddings: z.boolean().default(true),
  ff_bias: z.boolean().default(true),
  audio_ff_bias: z.boolean().default(true),
  /** Whether the modulation of the text follows the timestep, where it is modulated at all. */
  use_prompt_adaln_single: z.boolean().default(true),
  use_keyframes_abs_pos_embedding: only(false).default(false),
});

export type Ltx2TransformerConfig = z.output<typeof ltx2TransformerConfigSchema>;

/** Picture and sound: the two token streams of the transformer. */
export const modalities = ['video', 'audio'] as const;
export type Modality = (typeof modalities)[number];

/** What the layers of one stream are made with. */
export interface StreamShape {
  /** What the names of the stream's layers begin with. */
  readonly prefix: '' | 'audio_';
  readonly inChannels: number;
  readonly outChannels: number;
  /** Width of the residual stream. */
  readonly width: number;
  readonly heads: number;
  /** Width of the text that comes in, and as the blocks read it. */
  readonly textChannels: number;
  readonly gated: boolean;
  /** Rows of a block's modulation: 9 where cross-attention to the text is modulated, else 6. */
  readonly modulationRows: 6 | 9;
  readonly feedForwardBias: boolean;
}

/** What the layers of a stream are made with. */
export function streamShape(config: Ltx2TransformerConfig, modality: Modality): StreamShape {
  const own = ownFields(config, modality);
  const width = own.heads * own.headDim;
  return {
    prefix: modality === 'video' ? '' : 'audio_',
    inChannels: own.inChannels,
    outChannels: own.outChannels === null || own.outChannels === 0 ? own.inChannels : own.outChannels,
    width,
    heads: own.heads,
    textChannels: config.use_prompt_embeddings ? config.caption_channels : own.textWidth,
    gated: own.gated,
    modulationRows: own.modulated ? 9 : 6,
    feedForwardBias: own.feedForwardBias,
  };
}

function ownFields(config: Ltx2TransformerConfig, modality: Modality) {
  return modality === 'video'
    ? {
        inChannels: config.in_channels,
        outChannels: config.out_channels,
        heads: config.num_attention_heads,
        headDim: config.attention_head_dim,
        textWidth: config.cross_attention_dim,
        gated: config.gated_attn,
        modulated: config.cross_attn_mod,
        feedForwardBias: config.ff_bias,
      }
    : {
        inChannels: config.audio_in_channels,
        outChannels: config.audio_out_channels,
        heads: config.audio_num_attention_heads,
        headDim: config.audio_attention_head_dim,
        textWidth: config.audio_cross_attention_dim,
        gated: config.audio_gated_attn,
        modulated: config.audio_cross_attn_mod,
        feedForwardBias: config.audio_ff_bias,
      };
}

/** Whether the text is modulated before the blocks read it: in both streams as soon as one asks for it. */
export function modulatesText(config: Ltx2TransformerConfig): boolean {
  return config.cross_attn_mod || config.audio_cross_attn_mod;
}

/** Reads a transformer's config.json. */
export function parseLtx2TransformerConfig(value: unknown, where = 'transformer'): Ltx2TransformerConfig {
  const config = parseModelConfig(ltx2TransformerConfigSchema, value, where);
  for (const modality of modalities) {
    const { prefix, width, heads } = streamShape(config, modality);
    const require = (what: string, fits: boolean, expected: string, found: number): void => {
      if (fits) return;
      throw new AiprodError('unsupported-model', `${prefix}${what}`, { where, expected, found: String(found) });
    };
    require('attention_head_dim does not give whole rotary pairs', width % (2 * heads) === 0, 'an even number', width / heads);
    const text = modality === 'video' ? config.cross_attention_dim : config.audio_cross_attention_dim;
    // The projected text, and what passes between picture and sound, are as wide as the stream.
    require('cross_attention_dim differs from the width of the stream', text ===
      width, `${prefix}num_attention_heads * ${prefix}attention_head_dim = ${width}`, text);
  }
  const { width } = streamShape(config, 'audio');
  if (width % (2 * config.num_attention_heads) !== 0) {
    throw new AiprodError('unsupported-model', 'positions between picture and sound do not divide among the heads of the picture', {
      where,
      expected: `an audio width that is a multiple of ${2 * config.num_attention_heads}`,
      found: String(width),
    });
  }
  return config;
}
