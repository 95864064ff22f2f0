import { z } from 'zod';
import { AiprodError } from '../../errors';
import { count, oneOf, parseModelConfig, positiveInteger } from '../model-config';
import type { Modality } from './transformer-config';

/** Constructor arguments of diffusers' `LTX2TextConnectors`, with its defaults. */
export const ltx2ConnectorsConfigSchema = z.object({
  /** Width of the text encoder. */
  caption_channels: positiveInteger.default(3840),
  /** Hidden states of the text encoder: its layers and the embedding. */
  text_proj_in_factor: positiveInteger.default(49),
  video_connector_num_attention_heads: positiveInteger.default(30),
  video_connector_attention_head_dim: positiveInteger.multipleOf(2).default(128),
  video_connector_num_layers: count.default(2),
  /** Learned tokens that take the place of padding; null where padding is masked. */
  video_connector_num_learnable_registers: positiveInteger.nullable().default(128),
  /** Whether heads are gated by what they read (2.3). */
  video_gated_attn: z.boolean().default(false),
  audio_connector_num_attention_heads: positiveInteger.default(30),
  audio_connector_attention_head_dim: positiveInteger.multipleOf(2).default(128),
  audio_connector_num_layers: count.default(2),
  audio_connector_num_learnable_registers: positiveInteger.nullable().default(128),
  audio_gated_attn: z.boolean().default(false),
  /** Positions are fractions of this. */
  connector_rope_base_seq_len: positiveInteger.default(4096),
  rope_theta: z.number().positive().default(10000),
  rope_double_precision: z.boolean().default(true),
  rope_type: oneOf(['interleaved', 'split']).default('interleaved'),
  /** Whether picture and sound have projections of their own (feature extractor V2, from 2.3), else one for both (V1). */
  per_modality_projections: z.boolean().default(false),
  /** Widths of the projections of V2. */
  video_hidden_dim: positiveInteger.default(4096),
  audio_hidden_dim: positiveInteger.default(2048),
  proj_bias: z.boolean().default(false),
});

export type Ltx2ConnectorsConfig = z.output<typeof ltx2ConnectorsConfigSchema>;

/** What the connector of one stream is made with. */
export interface ConnectorShape {
  readonly heads: number;
  readonly headDim: number;
  /** Width of the tokens: of the projection before it, and of all heads together. */
  readonly width: number;
  readonly layers: number;
  readonly registers: number | null;
  readonly gated: boolean;
}

export function connectorShape(config: Ltx2ConnectorsConfig, modality: Modality): ConnectorShape {
  const heads = config[`${modality}_connector_num_attention_heads`];
  const headDim = config[`${modality}_connector_attention_head_dim`];
  return {
    heads,
    headDim,
    width: heads * headDim,
    layers: config[`${modality}_connector_num_layers`],
    registers: config[`${modality}_connector_num_learnable_registers`],
    gated: config[`${modality}_gated_attn`],
  };
}

/** Reads the config.json of text connectors. */
export function parseLtx2ConnectorsConfig(value: unknown, where = 'connectors'): Ltx2ConnectorsConfig {
  const config = parseModelConfig(ltx2ConnectorsConfigSchema, value, where);
  for (const modality of ['video', 'audio'] as const) {
    const projected = config.per_modality_projections ? config[`${modality}_hidden_dim`] : config.caption_channels;
    const { width } = connectorShape(config, modality);
    if (projected === width) continue;
    throw new AiprodError('unsupported-model', `the ${modality} connector is not as wide as the text that is projected for it`, {
      where,
      expected: `${projected} channels`,
      found: `${width}`,
    });
  }
  return config;
}
