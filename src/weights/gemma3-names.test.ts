import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source';
import { gemma3Parameters, gemma3Prefix, ggufGemma3Config } from './gemma3-names';
import { openGguf } from './gguf';
import { recogniseArchitectures } from './inspect';
import { writeGguf, type GgufMetadata, type GgufValueToWrite } from './gguf-writer';
import { parametersOf } from './parameters';
import { bytesOf } from './safetensors-writer';
import { singleFileSet, type WeightSet } from './weight-set';

/** Names that llama.cpp gives a layer of Gemma 3, and those of transformers. */
const ofLayer: readonly (readonly [string, string])[] = [
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['post_attention_norm', 'post_attention_layernorm'],
  ['ffn_norm', 'pre_feedforward_layernorm'],
  ['post_ffw_norm', 'post_feedforward_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];
const pairs: readonly (readonly [string, string])[] = [
  ['token_embd.weight', 'embed_tokens.weight'],
  ...[0, 1].flatMap((layer) => ofLayer.map(([from, to]) => [`blk.${layer}.${from}.weight`, `layers.${layer}.${to}.weight`] as const)),
  ['output_norm.weight', 'norm.weight'],
];

async function setOf(names: readonly string[], values?: GgufMetadata['values']): Promise<WeightSet> {
  const tensors = new Map(names.map((name, k) => [name, { dtype: 'F32', shape: [1], bytes: bytesOf(Float32Array.of(k)) } as const]));
  return singleFileSet(await openGguf(memorySource(writeGguf(tensors, { architecture: 'gemma3', values }))));
}

it('is recognised on inspection, in both namings and behind any prefix', () => {
  const found = (names: readonly string[]) => recogniseArchitectures(new Map(names.map((name) => [name, [1]])));
  expect(found(pairs.map(([gguf]) => gguf))).toEqual([{ kind: 'gemma3-encoder', naming: 'gguf' }]);
  expect(found(pairs.map(([, name]) => `language_model.model.${name}`))).toEqual([{ kind: 'gemma3-encoder', naming: 'transformers' }]);
});

describe('Gemma 3 in GGUF', () => {
  it('gets the names of transformers, and norms without the 1 that llama.cpp adds', async () => {
    const source = gemma3Parameters(parametersOf(await setOf(pairs.map(([gguf]) => gguf))));
    expect([...source.names()].sort()).toEqual(pairs.map(([, name]) => name).sort());
    for (const [k, [, name]] of pairs.entries()) expect([...(await source.load(name))], name).toEqual([/norm/.test(name) ? k - 1 : k]);
    expect(source.encoding('norm.weight')).toBeUndefined();
    expect(source.encoding('embed_tokens.weight')).toEqual({ encoding: 'f32' });
  });

  it('tells its configuration', async () => {
    const numbers = {
      ...{ embedding_length: 3840, feed_forward_length: 15360, block_count: 48, 'attention.head_count': 16 },
      ...{ 'attention.head_count_kv': 8, 'attention.key_length': 256, 'attention.sliding_window': 1024 },
    };
    const values = new Map<string, GgufValueToWrite>([
      ['gemma3.attention.layer_norm_rms_epsilon', { type: 'f32', value: 2 ** -20 }],
      ['gemma3.rope.freq_base', { type: 'f32', value: 1_000_000 }],
      ['gemma3.rope.scaling.type', { type: 'string', value: 'linear' }],
      ['gemma3.rope.scaling.factor', { type: 'f32', value: 8 }],
    ]);
    for (const [key, value] of Object.entries(numbers)) values.set(`gemma3.${key}`, { type: 'u32', value });
    const set = await setOf(
      pairs.map(([gguf]) => gguf),
      values,
    );
    expect(ggufGemma3Config(set.metadata, parametersOf(set))).toEqual({
      ...{ model_type: 'gemma3_text', vocab_size: 1, hidden_size: 3840, intermediate_size: 15360, num_hidden_layers: 48 },
      ...{ num_attention_heads: 16, num_key_value_heads: 8, head_dim: 256, rms_norm_eps: 2 ** -20, sliding_window: 1024 },
      ...{ query_pre_attn_scalar: 256, rope_theta: 1_000_000, rope_local_base_freq: 10_000 },
      rope_scaling: { rope_type: 'linear', factor: 8 },
    });
    const without = await setOf(pairs.map(([gguf]) => gguf));
    expect(() => ggufGemma3Config(without.metadata, parametersOf(without))).toThrow(/lacks gemma3.embedding_length/);
  });
});

describe('Gemma 3 of transformers', () => {
  it.each([
    '',
    'model.',
    'language_model.model.',
    'model.language_model.',
    'language_model.',
    'text_encoders.gemma3_12b.transformer.model.',
  ])('under %j, beside a vision tower', async (prefix) => {
    const names = pairs.map(([, name]) => name);
    const vision = ['vision_tower.vision_model.encoder.layers.0.self_attn.q_norm.weight', 'multi_modal_projector.mm.weight'];
    const beside = prefix === '' ? [] : [...vision, 'lm_head.weight'];
    const source = gemma3Parameters(parametersOf(await setOf([...beside, ...names.map((name) => `${prefix}${name}`)])));
    expect([...source.names()].sort()).toEqual([...names].sort());
    expect([...(await source.load('norm.weight'))]).toEqual([beside.length + names.length - 1]);
  });

  it('is not what has no embedding of its own', () => {
    expect(gemma3Prefix(['encoder.layers.0.self_attn.q_norm.weight'])).toBeUndefined();
  });
});
