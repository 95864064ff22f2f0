import { describe, expect, it } from 'vitest';
import { buildGemma3Graph } from './build-encoder';
import { parseGemma3Config } from './config';
import { gemma3ConfigOfTensors } from './config-from-tensors';
import { parameterShapes } from '../build';
import { readModelCase } from '../testing/golden';

/** The text model of the released 12B model, as transformers 4.50 wrote it. */
const released = {
  ...{ hidden_size: 3840, intermediate_size: 15360, model_type: 'gemma3_text', num_attention_heads: 16, num_hidden_layers: 48 },
  ...{ num_key_value_heads: 8, rope_scaling: { factor: 8.0, rope_type: 'linear' }, sliding_window: 1024 },
};
const rope = { sliding_attention: { theta: 10_000, factor: 1 }, full_attention: { theta: 1_000_000, factor: 8 } };
const { rope_scaling: _, ...unscaled } = released;
const byType = {
  sliding_attention: { rope_type: 'default', rope_theta: 10_000 },
  full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1_000_000 },
};

describe('parseGemma3Config', () => {
  it('reads the text model inside the model with pictures; every sixth layer is full', () => {
    const config = parseGemma3Config({ model_type: 'gemma3', text_config: released, vision_config: {} });
    expect(config).toEqual(parseGemma3Config(released));
    expect(config).toMatchObject({ hidden_size: 3840, vocab_size: 262208, head_dim: 256, query_pre_attn_scalar: 256, rope });
    expect(config.layer_types.flatMap((kind, index) => (kind === 'full_attention' ? [index] : []))).toEqual([
      5, 11, 17, 23, 29, 35, 41, 47,
    ]);
  });

  it.each([
    ['transformers 5', { rope_parameters: byType, rope_scaling: null }],
    ['between the versions', { rope_scaling: byType }],
    ['transformers 4', { rope_theta: 1_000_000, rope_local_base_freq: 10_000, rope_scaling: { type: 'linear', factor: 8 } }],
  ])('reads positions as %s has them', (_, fields) => {
    expect(parseGemma3Config({ ...unscaled, ...fields }).rope).toEqual(rope);
  });

  it('reads the pattern of layers', () => {
    const types = (fields: object) =>
      parseGemma3Config({ num_hidden_layers: 4, ...fields })
        .layer_types.map((kind) => kind[0])
        .join('');
    expect(types({ sliding_window_pattern: 2 })).toBe('sfsf');
    expect(types({ layer_types: ['full_attention', 'sliding_attention', 'sliding_attention', 'full_attention'] })).toBe('fssf');
    expect(() => types({ layer_types: ['full_attention'] })).toThrow(/every layer/);
  });

  it.each([
    [{ num_key_value_heads: 3 }, /divides 8/],
    [{ rope_scaling: { rope_type: 'yarn', factor: 2 } }, /default or linear.*yarn/],
    [{ attn_logit_softcapping: 50 }, /not capped/],
    [{ hidden_activation: 'relu' }, /hidden_activation = "relu"/],
    [{ head_dim: 15 }, /head_dim = 15/],
  ])('%j is refused with what was expected and found', (fields, words) => {
    expect(() => parseGemma3Config(fields)).toThrow(words);
  });
});

describe('configurations from tensors', () => {
  it('12B', () => {
    const config = parseGemma3Config(released);
    const shapes = parameterShapes(buildGemma3Graph(config, { batch: 1, length: 2 }).graph);
    expect(gemma3ConfigOfTensors({ name: 'x', shapes })).toEqual(config);
  });

  it('of the reference, as far as tensors tell it', async () => {
    const { golden } = readModelCase('gemma3_text');
    const weights = await golden.openWeights('model');
    const shapes = new Map(weights.names.map((name) => [name, weights.shape(name)]));
    const { vocab_size, hidden_size, intermediate_size, num_attention_heads, num_key_value_heads, head_dim } = parseGemma3Config(
      golden.config,
    );
    const sizes = { vocab_size, hidden_size, intermediate_size, num_attention_heads, num_key_value_heads, head_dim };
    expect(gemma3ConfigOfTensors({ name: 'x', shapes })).toMatchObject(sizes);
    expect(() => gemma3ConfigOfTensors({ name: 'x', shapes: new Map() })).toThrow(/embed_tokens.weight is needed/);
  });
});
