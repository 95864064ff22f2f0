import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { parseLtxTransformerConfig } from './transformer-config';

describe('parseLtxTransformerConfig', () => {
  test('no fields give the released 2B model', () => {
    expect(parseLtxTransformerConfig({ _class_name: 'LTXVideoTransformer3DModel' })).toMatchObject({
      in_channels: 128,
      num_attention_heads: 32,
      attention_head_dim: 64,
      num_layers: 28,
      caption_channels: 4096,
      norm_elementwise_affine: false,
    });
  });

  test.each([
    [{ num_attention_heads: 2.5 }, /num_attention_heads = 2.5/],
    [{ activation_fn: 'tanh' }, /activation_fn = "tanh"/],
    [{ qk_norm: 'layer_norm' }, /qk_norm = "layer_norm"/],
    [{ attention_head_dim: 32 }, /cross_attention_dim.*1024.*2048/],
    [{ num_attention_heads: 1, attention_head_dim: 7, cross_attention_dim: 7 }, /even product.*found 7/],
  ])('%j is refused', (config, words) => {
    expect(() => parseLtxTransformerConfig(config)).toThrow(AiprodError);
    expect(() => parseLtxTransformerConfig(config)).toThrow(words);
  });
});
