import { AiprodError } from '../errors';
import { renameParameters, type ParameterSource, type RenameRule, type RenameRules } from './parameters';

/**
 * Names of T5 encoders in GGUF files (llama.cpp's, gguf-py constants.py) and how they become those of transformers'
 * T5EncoderModel: blocks are `enc.blk.N`, every tensor of a block has a flat name.
 */
const RULES: readonly RenameRule[] = [
  { from: 'token_embd', to: 'shared' },
  { from: 'enc.blk', to: 'encoder.block' },
  { from: 'enc.output_norm', to: 'encoder.final_layer_norm' },
  { from: 'attn_norm', to: 'layer.0.layer_norm' },
  { from: 'attn_q', to: 'layer.0.SelfAttention.q' },
  { from: 'attn_k', to: 'layer.0.SelfAttention.k' },
  { from: 'attn_v', to: 'layer.0.SelfAttention.v' },
  { from: 'attn_o', to: 'layer.0.SelfAttention.o' },
  { from: 'attn_rel_b', to: 'layer.0.SelfAttention.relative_attention_bias' },
  { from: 'ffn_norm', to: 'layer.1.layer_norm' },
  { from: 'ffn_gate', to: 'layer.1.DenseReluDense.wi_0' },
  { from: 'ffn_down', to: 'layer.1.DenseReluDense.wo' },
];

/** Names of UMT5 in the official checkpoints of Wan 2.1, and those of transformers. */
const UMT5_NAMES: RenameRules = {
  prefixes: ['text_encoder.', ''],
  rules: [
    { from: 'token_embedding', to: 'shared' },
    { from: 'blocks', to: 'encoder.block' },
    { from: 'norm', to: 'encoder.final_layer_norm' },
    { from: 'norm1', to: 'layer.0.layer_norm' },
    { from: 'attn', to: 'layer.0.SelfAttention' },
    { from: 'pos_embedding.embedding', to: 'layer.0.SelfAttention.relative_attention_bias' },
    { from: 'norm2', to: 'layer.1.layer_norm' },
    { from: 'ffn.gate.0', to: 'layer.1.DenseReluDense.wi_0' },
    { from: 'ffn.fc1', to: 'layer.1.DenseReluDense.wi_1' },
    { from: 'ffn.fc2', to: 'layer.1.DenseReluDense.wo' },
  ],
};

/** Whether names are those of UMT5 in the official checkpoints of Wan 2.1. */
export function isOfficialUmt5(names: Iterable<string>): boolean {
  for (const name of names) if (/(^|\.)blocks\.0\.pos_embedding\.embedding\.weight$/.test(name)) return true;
  return false;
}

/** Whether names are those of a T5 encoder in a GGUF file. */
export function isGgufT5(names: Iterable<string>): boolean {
  for (const name of names) if (name === 'enc.blk.0.attn_q.weight') return true;
  return false;
}

/** Rules for the names of one file: without a gate (T5 1.0), the first projection is `wi`, with one it is the second, `wi_1`. */
export function ggufT5Names(names: Iterable<string>): RenameRules {
  let isGated = false;
  for (const name of names) if (name.startsWith('enc.blk.0.ffn_gate.')) isGated = true;
  return {
    prefixes: [''],
    rules: [...RULES, { from: 'ffn_up', to: `layer.1.DenseReluDense.${isGated ? 'wi_1' : 'wi'}` }],
    // A file of the whole model has the decoder and the output projection too.
    drop: ['dec.', 'output.'],
  };
}

/** Prefixes that the encoder has inside checkpoints of several models: ComfyUI's, and folders of diffusers joined into one file. */
const CHECKPOINT_PREFIXES = [
  'text_encoders.t5xxl.transformer.',
  'text_encoders.umt5xxl.transformer.',
  'text_encoders.t5xxl.',
  'cond_stage_model.t5xxl.transformer.',
  't5xxl.transformer.',
  'text_encoder.',
  '',
];

/** A text encoder's weights under the names of transformers: from a file of its own, a GGUF file, or a checkpoint of several models. */
export function t5Parameters(source: ParameterSource): ParameterSource {
  if (isGgufT5(source.names())) return renameParameters(source, ggufT5Names(source.names()));
  if (isOfficialUmt5(source.names())) return renameParameters(source, UMT5_NAMES);
  const names = [...source.names()];
  const prefix = CHECKPOINT_PREFIXES.find((start) => names.some((name) => name.startsWith(`${start}encoder.block.0.`))) ?? '';
  // The embedding may be stored as the encoder's own copy, as the table that a whole T5 shares, or as both.
  const shared = names.includes(`${prefix}shared.weight`);
  if (prefix === '' && shared) return source;
  return renameParameters(source, {
    prefixes: [prefix],
    rules: shared ? [] : [{ from: 'encoder.embed_tokens', to: 'shared' }],
    drop: shared ? ['encoder.embed_tokens.'] : [],
  });
}

/** GGUF metadata keys, behind the architecture's name, and the fields of config.json that they stand for. */
const CONFIG_KEYS: readonly (readonly [key: string, field: string])[] = [
  ['embedding_length', 'd_model'],
  ['feed_forward_length', 'd_ff'],
  ['block_count', 'num_layers'],
  ['attention.head_count', 'num_heads'],
  ['attention.key_length', 'd_kv'],
  ['attention.relative_buckets_count', 'relative_attention_num_buckets'],
  ['attention.layer_norm_rms_epsilon', 'layer_norm_epsilon'],
];

/**
 * The config.json of a T5 encoder as far as a GGUF file tells it: sizes from its metadata, the vocabulary from its embedding, the
 * kind of feed-forward from its tensors.
 * @throws AiprodError 'bad-weights' when the metadata lacks a size
 */
export function ggufT5Config(
  metadata: ReadonlyMap<string, string>,
  source: Pick<ParameterSource, 'name' | 'names' | 'shape'>,
): Readonly<Record<string, unknown>> {
  const architecture = metadata.get('general.architecture') ?? '';
  // Every block of UMT5 has a position bias of its own.
  const type = [...source.names()].includes('enc.blk.1.attn_rel_b.weight') ? 'umt5' : 't5';
  const config: Record<string, unknown> = { model_type: type, vocab_size: source.shape('token_embd.weight')[0] };
  for (const [key, field] of CONFIG_KEYS) {
    const value = Number(metadata.get(`${architecture}.${key}`));
    if (value > 0) config[field] = value;
    else {
      throw new AiprodError('bad-weights', `the metadata lacks ${architecture}.${key}`, {
        where: source.name,
        expected: 'a number above 0',
        found: metadata.get(`${architecture}.${key}`) ?? 'nothing',
        hint: 'Put the config.json of the text encoder beside the file',
      });
    }
  }
  const isGated = [...source.names()].includes('enc.blk.0.ffn_gate.weight');
  return { ...config, feed_forward_proj: isGated ? 'gated-gelu' : 'relu' };
}
