import { requireAgreement } from '../original-metadata';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import { parseLtx2AudioVaeConfig, type Ltx2AudioVaeConfig } from './audio-vae-config';
import { parseLtx2ConnectorsConfig, type Ltx2ConnectorsConfig } from './connectors-config';
import { audioVaeConfigOfOriginal, ltx2ConnectorsFields, ltx2TransformerFields, vocoderConfigOfOriginal } from './original-config';
import { parseLtx2TransformerConfig, type Ltx2TransformerConfig } from './transformer-config';
import { parseLtx2VocoderConfig, type Ltx2VocoderConfig } from './vocoder-config';

/** Heads of every released transformer, of picture and of sound. */
const RELEASED_HEADS = 32;
/** Channels of a head of the released connectors of 2.0; those of 2.3 show their heads by their gates. */
const CONNECTOR_HEAD_DIM = 128;

/** Fields of the transformer that tensors tell as well. */
const TRANSFORMER_FIELDS = [
  'in_channels',
  'out_channels',
  'cross_attention_dim',
  'audio_in_channels',
  'audio_out_channels',
  'audio_cross_attention_dim',
  'num_layers',
  'gated_attn',
  'cross_attn_mod',
  'use_prompt_embeddings',
  'ff_bias',
] as const;

/**
 * The transformer's configuration: what the checkpoint says, checked against its tensors, else what the tensors tell; heads and
 * positions that leave no trace are then as in the released models.
 *
 * @param tensors by their names as diffusers has them
 * @param original the `transformer` of the file's metadata
 * @throws AiprodError `bad-weights` when the two contradict each other, `unsupported-model` when neither tells enough.
 */
export function ltx2TransformerConfigOf(tensors: TensorShapes, original: unknown): Ltx2TransformerConfig {
  const seen = transformerFieldsOfTensors(tensors);
  if (original === undefined || original === null) return parseLtx2TransformerConfig(seen, tensors.name);
  const where = `${tensors.name} metadata`;
  const stated = ltx2TransformerFields(original, where);
  // What the metadata leaves out, the tensors say.
  const config = parseLtx2TransformerConfig({ ...seen, ...stated }, where);
  const heads = { num_attention_heads: config.num_attention_heads, attention_head_dim: config.attention_head_dim };
  const audioHeads = {
    audio_num_attention_heads: config.audio_num_attention_heads,
    audio_attention_head_dim: config.audio_attention_head_dim,
  };
  requireAgreement(tensors.name, TRANSFORMER_FIELDS, config, { ...config, ...seen, ...heads, ...audioHeads });
  return config;
}

function transformerFieldsOfTensors(tensors: TensorShapes) {
  const shapeOf = shapeReader(tensors);
  const has = (name: string): boolean => tensors.shapes.has(name);
  const block = 'transformer_blocks.0';
  const stream = (prefix: '' | 'audio_') => {
    const [width, inChannels] = shapeOf(`${prefix}proj_in.weight`, 2);
    const gate = `${block}.${prefix}attn1.to_gate_logits.weight`;
    const heads = has(gate) ? shapeOf(gate, 2)[0] : RELEASED_HEADS;
    return { width, inChannels, outChannels: shapeOf(`${prefix}proj_out.weight`, 2)[0], heads };
  };
  const video = stream('');
  const audio = stream('audio_');
  const gated = has(`${block}.attn1.to_gate_logits.weight`);
  const modulated = shapeOf(`${block}.scale_shift_table`, 2)[0] === 9;
  const projected = has('caption_projection.linear_1.weight');
  return {
    in_channels: video.inChannels,
    out_channels: video.outChannels,
    num_attention_heads: video.heads,
    attention_head_dim: video.width / video.heads,
    cross_attention_dim: video.width,
    audio_in_channels: audio.inChannels,
    audio_out_channels: audio.outChannels,
    audio_num_attention_heads: audio.heads,
    audio_attention_head_dim: audio.width / audio.heads,
    audio_cross_attention_dim: audio.width,
    num_layers: countOf(tensors.shapes.keys(), 'transformer_blocks'),
    ...{ gated_attn: gated, audio_gated_attn: gated, cross_attn_mod: modulated, audio_cross_attn_mod: modulated },
    use_prompt_embeddings: projected,
    ...(projected ? { caption_channels: shapeOf('caption_projection.linear_1.weight', 2)[1] } : {}),
    attention_bias: has(`${block}.attn1.to_q.bias`),
    attention_out_bias: has(`${block}.attn1.to_out.0.bias`),
    ff_bias: has(`${block}.ff.net.2.bias`),
    audio_ff_bias: has(`${block}.audio_ff.net.2.bias`),
    use_prompt_adaln_single: !modulated || has('prompt_adaln.linear.weight'),
    rope_type: 'split' as const,
  };
}

/**
 * The connectors' configuration, of their tensors and of what the metadata say of them.
 * @param captionChannels width of the text encoder, which no tensor of the connectors has alone
 */
export function ltx2ConnectorsConfigOf(tensors: TensorShapes, original: unknown, captionChannels: number): Ltx2ConnectorsConfig {
  const shapeOf = shapeReader(tensors);
  const has = (name: string): boolean => tensors.shapes.has(name);
  const separate = has('video_text_proj_in.weight');
  const [, features] = shapeOf(separate ? 'video_text_proj_in.weight' : 'text_proj_in.weight', 2);
  const connector = (modality: 'video' | 'audio') => {
    const layers = countOf(tensors.shapes.keys(), `${modality}_connector.transformer_blocks`);
    const block = `${modality}_connector.transformer_blocks.0.attn1`;
    const gate = `${block}.to_gate_logits.weight`;
    const registers = `${modality}_connector.learnable_registers`;
    const width = layers > 0 ? shapeOf(`${block}.to_q.weight`, 2)[0] : shapeOf(registers, 2)[1];
    const heads = has(gate) ? shapeOf(gate, 2)[0] : width / CONNECTOR_HEAD_DIM;
    return {
      [`${modality}_connector_num_attention_heads`]: heads,
      [`${modality}_connector_attention_head_dim`]: width / heads,
      [`${modality}_connector_num_layers`]: layers,
      [`${modality}_connector_num_learnable_registers`]: has(registers) ? shapeOf(registers, 2)[0] : null,
      [`${modality}_gated_attn`]: has(gate),
      ...(separate ? { [`${modality}_hidden_dim`]: shapeOf(`${modality}_text_proj_in.weight`, 2)[0] } : {}),
    };
  };
  const where = original === undefined || original === null ? tensors.name : `${tensors.name} metadata`;
  return parseLtx2ConnectorsConfig(
    {
      caption_channels: captionChannels,
      ...connector('video'),
      ...connector('audio'),
      rope_type: 'split',
      ...(original === undefined || original === null ? {} : ltx2ConnectorsFields(original, where)),
      text_proj_in_factor: features / captionChannels,
      per_modality_projections: separate,
      proj_bias: has(separate ? 'video_text_proj_in.bias' : 'text_proj_in.bias'),
    },
    where,
  );
}

/** The audio VAE's configuration: the metadata's, else the released one at the widths of the tensors. */
export function ltx2AudioVaeConfigOf(tensors: TensorShapes, original: unknown): Ltx2AudioVaeConfig {
  if (original !== undefined && original !== null) return audioVaeConfigOfOriginal(original, `${tensors.name} metadata`);
  const shapeOf = shapeReader(tensors);
  const [base, inChannels] = shapeOf('encoder.conv_in.conv.weight', 4);
  return parseLtx2AudioVaeConfig(
    {
      base_channels: base,
      in_channels: inChannels,
      output_channels: shapeOf('decoder.conv_out.conv.weight', 4)[0],
      latent_channels: shapeOf('decoder.conv_in.conv.weight', 4)[1],
    },
    tensors.name,
  );
}

/** The vocoder's configuration: the metadata's, else the released one of its generation, at the widths of the tensors. */
export function ltx2VocoderConfigOf(tensors: TensorShapes, original: unknown): Ltx2VocoderConfig {
  const shapeOf = shapeReader(tensors);
  const extended = tensors.shapes.has('bwe_generator.conv_in.weight');
  const [hidden, inChannels] = shapeOf(extended ? 'vocoder.conv_in.weight' : 'conv_in.weight', 3);
  if (original !== undefined && original !== null) return vocoderConfigOfOriginal(original, `${tensors.name} metadata`, inChannels);
  return parseLtx2VocoderConfig(
    {
      hidden_channels: hidden,
      in_channels: inChannels,
      ...(extended ? { _class_name: 'LTX2VocoderWithBWE', bwe_hidden_channels: shapeOf('bwe_generator.conv_in.weight', 3)[0] } : {}),
    },
    tensors.name,
  );
}
