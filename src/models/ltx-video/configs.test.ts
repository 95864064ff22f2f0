import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { parseLtxUpsamplerConfig } from './latent-upsampler';
import { parseLtxTransformerConfig } from './transformer-config';
import { compressionRatios, downBlocks, parseLtxVaeConfig, upBlocks } from './vae-config';

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

/** The VAE of 0.9.5 to 0.9.8. */
const vae095 = {
  block_out_channels: [128, 256, 512, 1024, 2048],
  down_block_types: ['LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D'],
  decoder_block_out_channels: [256, 512, 1024],
  layers_per_block: [4, 6, 6, 2, 2],
  decoder_layers_per_block: [5, 5, 5, 5],
  spatio_temporal_scaling: [true, true, true, true],
  decoder_spatio_temporal_scaling: [true, true, true],
  decoder_inject_noise: [false, false, false, false],
  downsample_type: ['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal'],
  upsample_residual: [true, true, true],
  upsample_factor: [2, 2, 2],
  timestep_conditioning: true,
  spatial_compression_ratio: 32,
  temporal_compression_ratio: 8,
};

describe('parseLtxVaeConfig', () => {
  test('no fields give the VAE of 0.9.0', () => {
    const config = parseLtxVaeConfig({});
    expect(compressionRatios(config)).toEqual({ spatial: 32, temporal: 8 });
    expect(downBlocks(config).map(({ inChannels, outChannels }) => [inChannels, outChannels])).toEqual([
      [128, 256],
      [256, 512],
      [512, 512],
      [512, 512],
    ]);
    expect(upBlocks(config).map(({ upsample }) => upsample !== undefined)).toEqual([false, true, true, true]);
  });

  test('the released VAE of 0.9.5 is understood', () => {
    const config = parseLtxVaeConfig(vae095);
    expect(downBlocks(config).map(({ downsample }) => downsample)).toEqual(['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal']);
    expect(upBlocks(config).map(({ inChannels, outChannels }) => [inChannels, outChannels])).toEqual([
      [512, 512],
      [256, 256],
      [128, 128],
    ]);
  });

  test('blocks may have no resnets', () => {
    expect(downBlocks(parseLtxVaeConfig({ ...vae095, layers_per_block: [0, 6, 6, 2, 2] }))[0].layers).toBe(0);
  });

  test.each([
    ['patch_size_t', { patch_size_t: 2 }, /patch_size_t/],
    ['an unknown block', { down_block_types: ['LTXVideoDownBlock3D', 'Other'] }, /down_block_types\.1 = "Other"/],
    ['a list that is too short', { layers_per_block: [4, 3] }, /layers_per_block is too short.*at least 5/],
    [
      'a bad downsampling',
      { ...vae095, downsample_type: ['spatial', 'temporal', 'spatiotemporal', 'area'] },
      /downsample_type\.3 = "area"/,
    ],
    [
      'channels that do not unshuffle',
      { ...vae095, block_out_channels: [128, 256, 512, 1024, 2047] },
      /block_out_channels\[4\].*found 2047/,
    ],
    [
      'channels that do not follow each other',
      { ...vae095, timestep_conditioning: false, upsample_factor: [2, 2, 1] },
      /up block 1.*expected 512.*found 1024/,
    ],
    ['a timestep where channels change', { timestep_conditioning: true }, /timestep-conditioned/],
  ])('%s is refused', (_, config, words) => {
    expect(() => parseLtxVaeConfig(config)).toThrow(AiprodError);
    expect(() => parseLtxVaeConfig(config)).toThrow(words);
  });
});

describe('parseLtxUpsamplerConfig', () => {
  test('no fields give the released spatial upsampler', () => {
    expect(parseLtxUpsamplerConfig({})).toMatchObject({ in_channels: 128, mid_channels: 512, num_blocks_per_stage: 4, dims: 3 });
  });

  test.each([
    [{ spatial_upsample: false }, /enlarges nothing/],
    [{ dims: 2, temporal_upsample: true }, /dims 3/],
    [{ dims: 4 }, /dims = 4/],
    [{ mid_channels: 48 }, /mid_channels = 48/],
  ])('%j is refused', (config, words) => {
    expect(() => parseLtxUpsamplerConfig(config)).toThrow(words);
  });
});
