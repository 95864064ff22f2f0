import { z } from 'zod';
import { only, parseModelConfig, positiveInteger } from '../model-config';
import { parseLtx2AudioVaeConfig, type Ltx2AudioVaeConfig } from './audio-vae-config';
import { parseLtx2VocoderConfig, type Ltx2VocoderConfig } from './vocoder-config';

/**
 * Configurations as the original LTX-2 checkpoints carry them (`config` in the metadata of the file), in the words of diffusers.
 * What our models do not have is refused, never ignored.
 */

const firstOf = (rank: number) => z.array(positiveInteger).length(rank);

const transformerSchema = z.object({
  in_channels: positiveInteger.optional(),
  out_channels: positiveInteger.nullish(),
  num_attention_heads: positiveInteger,
  attention_head_dim: positiveInteger,
  cross_attention_dim: positiveInteger,
  num_layers: positiveInteger,
  caption_channels: positiveInteger.optional(),
  activation_fn: z.string().optional(),
  norm_elementwise_affine: z.boolean().optional(),
  norm_eps: z.number().positive().optional(),
  attention_bias: z.boolean().optional(),
  qk_norm: only('rms_norm').default('rms_norm'),
  standardization_norm: only('rms_norm').default('rms_norm'),
  positional_embedding_type: only('rope').default('rope'),
  positional_embedding_theta: z.number().positive().optional(),
  positional_embedding_max_pos: firstOf(3).default([20, 2048, 2048]),
  timestep_scale_multiplier: z.number().positive().optional(),
  av_ca_timestep_scale_multiplier: z.number().positive().optional(),
  double_self_attention: only(false).default(false),
  only_cross_attention: only(false).default(false),
  share_ff: only(false).default(false),
  use_audio_video_cross_attention: only(true).default(true),
  av_cross_ada_norm: only(true).default(true),
  use_middle_indices_grid: only(true).default(true),
  causal_temporal_positioning: only(true).default(true),
  audio_num_attention_heads: positiveInteger,
  audio_attention_head_dim: positiveInteger,
  audio_cross_attention_dim: positiveInteger,
  audio_in_channels: positiveInteger.optional(),
  audio_out_channels: positiveInteger.nullish(),
  audio_positional_embedding_max_pos: firstOf(1).default([20]),
  rope_type: z.string().default('interleaved'),
  frequencies_precision: z.union([z.string(), z.boolean()]).optional(),
  apply_gated_attention: z.boolean().default(false),
  cross_attention_adaln: z.boolean().default(false),
  caption_proj_before_connector: z.boolean().default(false),
  ff_bias: z.boolean().optional(),
  audio_ff_bias: z.boolean().optional(),
});

/** The transformer of an original `AVTransformer3DModel` config, in diffusers' words. */
export function ltx2TransformerFields(value: unknown, where: string): Record<string, unknown> {
  const config = parseModelConfig(transformerSchema, value, where);
  const [seconds, height, width] = config.positional_embedding_max_pos;
  const { in_channels, out_channels, num_attention_heads, attention_head_dim, cross_attention_dim, num_layers, caption_channels } = config;
  const { activation_fn, norm_elementwise_affine, norm_eps, attention_bias, ff_bias, audio_ff_bias, rope_type } = config;
  const { audio_num_attention_heads, audio_attention_head_dim, audio_cross_attention_dim, audio_in_channels, audio_out_channels } = config;
  const gated = config.apply_gated_attention;
  const modulated = config.cross_attention_adaln;
  return withoutUndefined({
    ...{ in_channels, out_channels, num_attention_heads, attention_head_dim, cross_attention_dim, num_layers, caption_channels },
    ...{ activation_fn, norm_elementwise_affine, norm_eps, attention_bias, attention_out_bias: attention_bias, ff_bias, audio_ff_bias },
    ...{ audio_num_attention_heads, audio_attention_head_dim, audio_cross_attention_dim, audio_out_channels, rope_type },
    audio_in_channels: audio_in_channels ?? audio_out_channels ?? undefined,
    ...{ pos_embed_max_pos: seconds, base_height: height, base_width: width },
    audio_pos_embed_max_pos: config.audio_positional_embedding_max_pos[0],
    rope_theta: config.positional_embedding_theta,
    rope_double_precision: config.frequencies_precision === 'float64',
    ...{ gated_attn: gated, audio_gated_attn: gated, cross_attn_mod: modulated, audio_cross_attn_mod: modulated },
    timestep_scale_multiplier: config.timestep_scale_multiplier,
    cross_attn_timestep_scale_multiplier: config.av_ca_timestep_scale_multiplier,
    use_prompt_embeddings: !config.caption_proj_before_connector,
  });
}

const connectorsSchema = z.object({
  caption_channels: positiveInteger.optional(),
  connector_num_attention_heads: positiveInteger.default(30),
  connector_attention_head_dim: positiveInteger.default(128),
  audio_connector_num_attention_heads: positiveInteger.optional(),
  audio_connector_attention_head_dim: positiveInteger.optional(),
  connector_positional_embedding_max_pos: firstOf(1).default([4096]),
  rope_type: z.string().default('interleaved'),
  frequencies_precision: z.union([z.string(), z.boolean()]).optional(),
  caption_proj_input_norm: only(false).default(false),
});

/** What the `transformer` of the original config says of the connectors; the rest is told by their tensors. */
export function ltx2ConnectorsFields(value: unknown, where: string): Record<string, unknown> {
  const config = parseModelConfig(connectorsSchema, value, where);
  return withoutUndefined({
    caption_channels: config.caption_channels,
    video_connector_num_attention_heads: config.connector_num_attention_heads,
    video_connector_attention_head_dim: config.connector_attention_head_dim,
    audio_connector_num_attention_heads: config.audio_connector_num_attention_heads ?? config.connector_num_attention_heads,
    audio_connector_attention_head_dim: config.audio_connector_attention_head_dim ?? config.connector_attention_head_dim,
    connector_rope_base_seq_len: config.connector_positional_embedding_max_pos[0],
    rope_type: config.rope_type,
    rope_double_precision: config.frequencies_precision === 'float64',
  });
}

const audioVaeSchema = z.object({
  model: z.object({
    params: z.object({
      ddconfig: z.object({
        ch: positiveInteger.optional(),
        out_ch: positiveInteger.optional(),
        ch_mult: z.array(positiveInteger).optional(),
        num_res_blocks: positiveInteger.optional(),
        attn_resolutions: z.array(positiveInteger).nullish(),
        in_channels: positiveInteger.optional(),
        resolution: positiveInteger.optional(),
        z_channels: positiveInteger.optional(),
        norm_type: z.string().optional(),
        causality_axis: z.string().optional(),
        mid_block_add_attention: z.boolean().optional(),
        mel_bins: positiveInteger.optional(),
        double_z: only(true).default(true),
        downsample_time: only(false).default(false),
      }),
      sampling_rate: positiveInteger.optional(),
    }),
  }),
  preprocessing: z.object({ stft: z.object({ hop_length: positiveInteger.optional() }).optional() }).optional(),
});

/** The audio VAE of an original config. */
export function audioVaeConfigOfOriginal(value: unknown, where: string): Ltx2AudioVaeConfig {
  const { model, preprocessing } = parseModelConfig(audioVaeSchema, value, where);
  const { ddconfig, sampling_rate } = model.params;
  const { ch_mult, num_res_blocks, attn_resolutions, in_channels, resolution, norm_type, causality_axis } = ddconfig;
  return parseLtx2AudioVaeConfig(
    withoutUndefined({
      ...{ ch_mult, num_res_blocks, attn_resolutions, in_channels, resolution, norm_type, causality_axis },
      base_channels: ddconfig.ch,
      output_channels: ddconfig.out_ch,
      latent_channels: ddconfig.z_channels,
      mid_block_add_attention: ddconfig.mid_block_add_attention,
      mel_bins: ddconfig.mel_bins,
      sample_rate: sampling_rate,
      mel_hop_length: preprocessing?.stft?.hop_length,
    }),
    where,
  );
}

const generatorSchema = z.object({
  upsample_initial_channel: positiveInteger.optional(),
  resblock: z.string().optional(),
  upsample_rates: z.array(positiveInteger).optional(),
  upsample_kernel_sizes: z.array(positiveInteger).optional(),
  resblock_kernel_sizes: z.array(positiveInteger).optional(),
  resblock_dilation_sizes: z.array(z.array(positiveInteger)).optional(),
  stereo: only(true).default(true),
  activation: z.string().optional(),
  use_tanh_at_final: z.boolean().default(true),
  apply_final_activation: z.boolean().default(true),
  use_bias_at_final: z.boolean().optional(),
  output_sampling_rate: positiveInteger.optional(),
});
const extensionSchema = generatorSchema.extend({
  input_sampling_rate: positiveInteger.optional(),
  hop_length: positiveInteger.optional(),
  n_fft: positiveInteger.optional(),
  win_size: positiveInteger.optional(),
  num_mels: positiveInteger.optional(),
});

/** Channels of the sound; `stereo` is always set. */
const STEREO = 2;

/**
 * The vocoder of an original config: one generator (2.0), or `vocoder` and `bwe` (2.3).
 * @param in_channels of the spectrogram, which only the tensors tell
 */
export function vocoderConfigOfOriginal(value: unknown, where: string, in_channels: number): Ltx2VocoderConfig {
  const { vocoder, bwe, ...flat } = parseModelConfig(
    z.looseObject({ vocoder: generatorSchema.optional(), bwe: extensionSchema.optional() }),
    value,
    where,
  );
  if (bwe === undefined) {
    return parseLtx2VocoderConfig({ ...generatorFields(vocoder ?? parseModelConfig(generatorSchema, flat, where)), in_channels }, where);
  }
  const second = Object.fromEntries(Object.entries(generatorFields(bwe)).map(([field, found]) => [`bwe_${field}`, found]));
  return parseLtx2VocoderConfig(
    withoutUndefined({
      _class_name: 'LTX2VocoderWithBWE',
      in_channels,
      ...generatorFields(vocoder ?? parseModelConfig(generatorSchema, {}, where)),
      ...second,
      bwe_in_channels: bwe.num_mels === undefined ? undefined : STEREO * bwe.num_mels,
      filter_length: bwe.n_fft,
      hop_length: bwe.hop_length,
      window_length: bwe.win_size,
      num_mel_channels: bwe.num_mels,
      input_sampling_rate: bwe.input_sampling_rate,
      output_sampling_rate: bwe.output_sampling_rate,
    }),
    where,
  );
}

function generatorFields(generator: z.output<typeof generatorSchema>): Record<string, unknown> {
  const isAmp = generator.resblock === 'AMP1';
  return withoutUndefined({
    hidden_channels: generator.upsample_initial_channel,
    upsample_factors: generator.upsample_rates,
    upsample_kernel_sizes: generator.upsample_kernel_sizes,
    resnet_kernel_sizes: generator.resblock_kernel_sizes,
    resnet_dilations: generator.resblock_dilation_sizes,
    act_fn: isAmp ? (generator.activation ?? 'snake') : undefined,
    antialias: isAmp ? true : undefined,
    final_act_fn: !generator.apply_final_activation ? null : generator.use_tanh_at_final ? 'tanh' : 'clamp',
    final_bias: generator.use_bias_at_final,
    output_sampling_rate: generator.output_sampling_rate,
  });
}

/** Fields that are not said take the defaults of the class that reads them. */
function withoutUndefined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
