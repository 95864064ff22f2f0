import { describe, expect, it } from 'vitest';
import { memorySource } from './byte-source';
import { openGguf } from './gguf';
import { writeGguf, type GgufMetadata, type GgufValueToWrite } from './gguf-writer';
import { inspectWeights } from './inspect';
import { parametersOf } from './parameters';
import { bytesOf } from './safetensors-writer';
import { ggufT5Config, t5Parameters } from './t5-names';
import { singleFileSet, type WeightSet } from './weight-set';

/** Names that llama.cpp gives a T5 1.1 of two blocks, and those of transformers. */
const pairs: readonly (readonly [string, string])[] = [
  ['token_embd.weight', 'shared.weight'],
  ...[0, 1].flatMap((block) =>
    (
      [
        ['attn_norm', 'layer.0.layer_norm'],
        ['attn_q', 'layer.0.SelfAttention.q'],
        ['attn_k', 'layer.0.SelfAttention.k'],
        ['attn_v', 'layer.0.SelfAttention.v'],
        ['attn_o', 'layer.0.SelfAttention.o'],
        ['ffn_norm', 'layer.1.layer_norm'],
        ['ffn_gate', 'layer.1.DenseReluDense.wi_0'],
        ['ffn_up', 'layer.1.DenseReluDense.wi_1'],
        ['ffn_down', 'layer.1.DenseReluDense.wo'],
      ] as const
    ).map(([from, to]) => [`enc.blk.${block}.${from}.weight`, `encoder.block.${block}.${to}.weight`] as const),
  ),
  ['enc.blk.0.attn_rel_b.weight', 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight'],
  ['enc.output_norm.weight', 'encoder.final_layer_norm.weight'],
];

async function setOf(names: readonly string[], values?: GgufMetadata['values']): Promise<WeightSet> {
  const tensors = new Map(names.map((name, k) => [name, { dtype: 'F32', shape: [1], bytes: bytesOf(Float32Array.of(k)) } as const]));
  return singleFileSet(await openGguf(memorySource(writeGguf(tensors, { architecture: 't5encoder', values }))));
}

describe('T5 in GGUF', () => {
  it('gets the names of transformers', async () => {
    const set = await setOf(pairs.map(([gguf]) => gguf));
    const source = t5Parameters(parametersOf(set));
    expect([...source.names()].sort()).toEqual(pairs.map(([, name]) => name).sort());
    for (const [k, [, name]] of pairs.entries()) expect([...(await source.load(name))]).toEqual([k]);
    expect(inspectWeights(set).architectures).toEqual([{ kind: 't5-encoder', naming: 'gguf' }]);
  });

  it('without a gate has one input projection', async () => {
    const source = t5Parameters(parametersOf(await setOf(['enc.blk.0.attn_q.weight', 'enc.blk.0.ffn_up.weight'])));
    expect(source.has('encoder.block.0.layer.1.DenseReluDense.wi.weight')).toBe(true);
  });

  it('leaves a decoder out', async () => {
    const source = t5Parameters(parametersOf(await setOf(['enc.blk.0.attn_q.weight', 'dec.blk.0.attn_q.weight', 'output.weight'])));
    expect([...source.names()]).toEqual(['encoder.block.0.layer.0.SelfAttention.q.weight']);
  });

  it('a bias in every block is UMT5', async () => {
    const set = await setOf([...pairs.map(([gguf]) => gguf), 'enc.blk.1.attn_rel_b.weight']);
    expect(inspectWeights(set).architectures).toEqual([{ kind: 'umt5-encoder', naming: 'gguf' }]);
  });

  it('other names stay as they are', async () => {
    const source = parametersOf(await setOf(['shared.weight']));
    expect(t5Parameters(source)).toBe(source);
  });

  it('tells its configuration', async () => {
    const numbers = {
      embedding_length: 4096,
      feed_forward_length: 10240,
      block_count: 24,
      'attention.head_count': 64,
      'attention.key_length': 64,
      'attention.relative_buckets_count': 32,
    };
    const values = new Map<string, GgufValueToWrite>([['t5encoder.attention.layer_norm_rms_epsilon', { type: 'f32', value: 2 ** -20 }]]);
    for (const [key, value] of Object.entries(numbers)) values.set(`t5encoder.${key}`, { type: 'u32', value });
    const set = await setOf(
      pairs.map(([gguf]) => gguf),
      values,
    );
    expect(ggufT5Config(set.metadata, parametersOf(set))).toEqual({
      ...{ model_type: 't5', vocab_size: 1, d_model: 4096, d_ff: 10240, num_layers: 24, num_heads: 64, d_kv: 64 },
      ...{ relative_attention_num_buckets: 32, layer_norm_epsilon: 2 ** -20, feed_forward_proj: 'gated-gelu' },
    });
    const without = await setOf(pairs.map(([gguf]) => gguf));
    expect(() => ggufT5Config(without.metadata, parametersOf(without))).toThrow(/lacks t5encoder.embedding_length/);
  });
});
