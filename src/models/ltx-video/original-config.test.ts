import { describe, expect, it } from 'vitest';
import { originalTransformer2B } from '../testing/released-configs';
import { transformerConfigOfOriginal } from './original-config';
import { parseLtxTransformerConfig } from './transformer-config';

describe('configurations of the original checkpoints', () => {
  it('transformers of 2B and 13B', () => {
    expect(transformerConfigOfOriginal(originalTransformer2B, 'x')).toEqual(parseLtxTransformerConfig({}));
    const large = { ...originalTransformer2B, attention_head_dim: 128, cross_attention_dim: 4096, num_layers: 48 };
    expect(transformerConfigOfOriginal(large, 'x')).toMatchObject({
      num_layers: 48,
      attention_head_dim: 128,
      num_attention_heads: 32,
      caption_channels: 4096,
    });
  });

  it.each([
    ['another norm', { ...originalTransformer2B, qk_norm: 'layer_norm' }, /qk_norm/],
    [
      'another kind of positions',
      { ...originalTransformer2B, positional_embedding_max_pos: [20, 1024, 1024] },
      /positional_embedding_max_pos/,
    ],
    ['another scale of timesteps', { ...originalTransformer2B, timestep_scale_multiplier: 1 }, /timestep_scale_multiplier/],
    ['no size', { ...originalTransformer2B, num_layers: undefined }, /num_layers/],
    ['nothing', null, /cannot be built/],
  ])('refuses a transformer of %s', (_, config, message) => {
    expect(() => transformerConfigOfOriginal(config, 'x')).toThrow(message);
  });
});
