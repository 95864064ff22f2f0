import { describe, expect, it } from 'vitest';
import { originalTransformer2B, releasedVaes } from '../testing/released-configs';
import { transformerConfigOfOriginal, vaeConfigOfOriginal } from './original-config';
import { parseLtxTransformerConfig } from './transformer-config';
import { parseLtxVaeConfig } from './vae-config';

describe('configurations of the original checkpoints', () => {
  it.each(Object.entries(releasedVaes))('the VAE of %s becomes that of diffusers', (version, { diffusers, original }) => {
    const expected = parseLtxVaeConfig({ ...diffusers, spatial_compression_ratio: 32, temporal_compression_ratio: 8 });
    const found = vaeConfigOfOriginal(original, version);
    // The list may be longer than there are blocks; what is read of it counts.
    const noise = expected.decoder_inject_noise.slice(-expected.decoder_layers_per_block.length);
    expect(found).toEqual({ ...expected, decoder_inject_noise: noise });
  });

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

  const { original } = releasedVaes['0.9.5'];
  it.each([
    ['padding that is not built', { ...original, spatial_padding_mode: 'replicate' }, /spatial_padding_mode.*zeros/],
    ['another norm', { ...original, norm_layer: 'group_norm' }, /norm_layer/],
    [
      'attention in the decoder',
      {
        ...original,
        decoder_blocks: [
          ['res_x', 1],
          ['attn_res_x', 2],
        ],
      },
      /decoder_blocks.*attn_res_x/,
    ],
    [
      'a downsampler in front of everything',
      {
        ...original,
        encoder_blocks: [
          ['compress_all', 1],
          ['res_x', 2],
        ],
      },
      /encoder_blocks.*compress_all/,
    ],
    [
      'an upsampler in time alone',
      {
        ...original,
        decoder_blocks: [
          ['res_x', 1],
          ['compress_time', 1],
          ['res_x', 1],
        ],
      },
      /compress_time/,
    ],
    ['no decoder', { ...original, decoder_blocks: undefined }, /lacks decoder_blocks/],
  ])('refuses a VAE with %s', (_, config, message) => {
    expect(() => vaeConfigOfOriginal(config, 'x')).toThrow(message);
  });
});
