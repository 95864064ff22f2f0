import { AiprodError } from '../errors';
import { renameParameters, type ParameterSource, type RenameRule } from './parameters';

/** Names of Gemma 3 in GGUF files (llama.cpp's, gguf-py constants.py) and how they become those of `Gemma3TextModel`. */
const GGUF_RULES: readonly RenameRule[] = [
  { from: 'token_embd', to: 'embed_tokens' },
  { from: 'blk', to: 'layers' },
  { from: 'output_norm', to: 'norm' },
  { from: 'attn_norm', to: 'input_layernorm' },
  { from: 'attn_q', to: 'self_attn.q_proj' },
  { from: 'attn_k', to: 'self_attn.k_proj' },
  { from: 'attn_v', to: 'self_attn.v_proj' },
  { from: 'attn_output', to: 'self_attn.o_proj' },
  { from: 'attn_q_norm', to: 'self_attn.q_norm' },
  { from: 'attn_k_norm', to: 'self_attn.k_norm' },
  { from: 'post_attention_norm', to: 'post_attention_layernorm' },
  { from: 'ffn_norm', to: 'pre_feedforward_layernorm' },
  { from: 'post_ffw_norm', to: 'post_feedforward_layernorm' },
  { from: 'ffn_gate', to: 'mlp.gate_proj' },
  { from: 'ffn_up', to: 'mlp.up_proj' },
  { from: 'ffn_down', to: 'mlp.down_proj' },
];

/** A layer's norm after attention is one that no other family of llama.cpp with this name for the norm of the queries has. */
const GGUF_MARKS = ['blk.0.attn_q_norm.weight', 'blk.0.post_attention_norm.weight', 'blk.0.post_ffw_norm.weight'];

/** Whether names are those of Gemma 3 in a GGUF file. */
export function isGgufGemma3(names: Iterable<string>): boolean {
  const all = new Set(names);
  return GGUF_MARKS.every((name) => all.has(name));
}

const LAYER_MARK = 'layers.0.self_attn.q_norm.weight';
const EMBEDDING = 'embed_tokens.weight';

/**
 * What stands before the text model's names in a file: `model.`, `language_model.model.`, `model.language_model.`, ... by the version
 * of transformers and what the file holds beside (a model that sees pictures, a checkpoint of several models); undefined when it holds
 * none.
 */
export function gemma3Prefix(names: Iterable<string>): string | undefined {
  const all = new Set(names);
  for (const name of all) {
    if (!name.endsWith(LAYER_MARK)) continue;
    const prefix = name.slice(0, -LAYER_MARK.length);
    if ((prefix === '' || prefix.endsWith('.')) && all.has(`${prefix}${EMBEDDING}`)) return prefix;
  }
  return undefined;
}

/** The text model's weights under the names of `Gemma3TextModel`: from a folder or file of any version of transformers, or a GGUF file. */
export function gemma3Parameters(source: ParameterSource): ParameterSource {
  const names = [...source.names()];
  if (isGgufGemma3(names))
    return withoutOne(renameParameters(source, { prefixes: [''], rules: GGUF_RULES, drop: ['output.', 'rope_freqs.'] }));
  const prefix = gemma3Prefix(names);
  if (prefix === undefined || prefix === '') return source;
  return renameParameters(source, { prefixes: [prefix], rules: [], drop: ['lm_head.', 'vision_tower.', 'multi_modal_projector.'] });
}

/** llama.cpp stores norms as what the states are multiplied by, transformers as what is added to 1 for it. */
function withoutOne(source: ParameterSource): ParameterSource {
  const isNorm = (name: string): boolean => name.endsWith('norm.weight');
  return {
    ...source,
    encoding: (name) => (isNorm(name) ? undefined : source.encoding(name)),
    stored: async (name) => (isNorm(name) ? undefined : source.stored(name)),
    async load(name) {
      const values = await source.load(name);
      return isNorm(name) ? values.map((value) => value - 1) : values;
    },
  };
}

/** GGUF metadata keys, behind the architecture's name, and the fields of config.json that they stand for. */
const CONFIG_KEYS: readonly (readonly [key: string, field: string])[] = [
  ['embedding_length', 'hidden_size'],
  ['feed_forward_length', 'intermediate_size'],
  ['block_count', 'num_hidden_layers'],
  ['attention.head_count', 'num_attention_heads'],
  ['attention.head_count_kv', 'num_key_value_heads'],
  ['attention.key_length', 'head_dim'],
  ['attention.layer_norm_rms_epsilon', 'rms_norm_eps'],
  ['attention.sliding_window', 'sliding_window'],
];

/** Layers of the 27B model, which scales scores by its width and not by what a head has. */
const LAYERS_OF_27B = 62;

/**
 * The config.json of a Gemma 3 text model as far as a GGUF file tells it; what it does not tell is as llama.cpp has it.
 * @throws AiprodError 'bad-weights' when the metadata lacks a size
 */
export function ggufGemma3Config(
  metadata: ReadonlyMap<string, string>,
  source: Pick<ParameterSource, 'name' | 'shape'>,
): Readonly<Record<string, unknown>> {
  const architecture = metadata.get('general.architecture') ?? '';
  const numberOf = (key: string): number | undefined => {
    const value = Number(metadata.get(`${architecture}.${key}`));
    return value > 0 ? value : undefined;
  };
  const sizes: Record<string, number> = { vocab_size: source.shape('token_embd.weight')[0] };
  for (const [key, field] of CONFIG_KEYS) {
    const value = numberOf(key);
    if (value === undefined) {
      throw new AiprodError('bad-weights', `the metadata lacks ${architecture}.${key}`, {
        where: source.name,
        expected: 'a number above 0',
        found: metadata.get(`${architecture}.${key}`) ?? 'nothing',
        hint: 'Put the config.json of the text encoder beside the file',
      });
    }
    sizes[field] = value;
  }
  const linear = metadata.get(`${architecture}.rope.scaling.type`) === 'linear';
  return {
    model_type: 'gemma3_text',
    ...sizes,
    query_pre_attn_scalar: sizes.num_hidden_layers === LAYERS_OF_27B ? sizes.hidden_size / sizes.num_attention_heads : sizes.head_dim,
    rope_theta: numberOf('rope.freq_base') ?? 1_000_000,
    rope_local_base_freq: numberOf('rope.freq_base_swa') ?? 10_000,
    rope_scaling: linear ? { rope_type: 'linear', factor: numberOf('rope.scaling.factor') ?? 1 } : null,
  };
}
