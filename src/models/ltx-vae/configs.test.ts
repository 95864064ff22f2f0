import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { parseLtx2UpsamplerConfig, parseLtxUpsamplerConfig } from './latent-upsampler';
import { compressionRatios, downBlocks, parseLtx2VaeConfig, parseLtxVaeConfig, upBlocks } from './vae-config';

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

describe('parseLtx2VaeConfig', () => {
  test('no fields give the released VAE of 2.0, but for its causal decoder', () => {
    const config = parseLtx2VaeConfig({ decoder_causal: false, spatial_compression_ratio: 32, temporal_compression_ratio: 8 });
    expect(compressionRatios(config)).toEqual({ spatial: 32, temporal: 8 });
    expect(downBlocks(config).map(({ inChannels, outChannels }) => [inChannels, outChannels])).toEqual([
      [128, 256],
      [256, 512],
      [512, 1024],
      [1024, 2048],
    ]);
    expect(config).toMatchObject({ encoder_spatial_padding_mode: 'zeros', decoder_spatial_padding_mode: 'reflect', plain_shortcut: true });
    expect(parseLtx2VaeConfig({}).decoder_causal).toBe(true);
  });

  test('one value stands for all blocks', () => {
    const config = parseLtx2VaeConfig({ upsample_residual: false, decoder_inject_noise: false, spatio_temporal_scaling: true });
    expect(config.upsample_residual).toEqual([false, false, false]);
    expect(config.decoder_inject_noise).toEqual([false, false, false, false]);
    expect(config.spatio_temporal_scaling).toEqual([true, true, true, true]);
  });

  test('upsamplers run from the latents to the output, where other lists of the decoder run back', () => {
    const config = parseLtx2VaeConfig({
      decoder_block_out_channels: [256, 512, 512, 1024],
      decoder_layers_per_block: [4, 6, 4, 2, 2],
      decoder_spatio_temporal_scaling: true,
      decoder_inject_noise: false,
      upsample_residual: false,
      upsample_factor: [2, 2, 1, 2],
      upsample_type: ['spatiotemporal', 'spatiotemporal', 'temporal', 'spatial'],
    });
    expect(upBlocks(config).map(({ outChannels, layers, upsample }) => [outChannels, layers, upsample?.type, upsample?.factor])).toEqual([
      [512, 2, 'spatiotemporal', 2],
      [512, 4, 'spatiotemporal', 1],
      [256, 6, 'temporal', 2],
      [128, 4, 'spatial', 2],
    ]);
  });

  test.each([
    ['a block of LTX-Video', { down_block_types: ['LTXVideoDownBlock3D'] }, /LTX2VideoDownBlock3D/],
    ['a padding that is not built', { decoder_spatial_padding_mode: 'circular' }, /decoder_spatial_padding_mode = "circular"/],
    ['a list that is too short', { upsample_type: ['spatial'] }, /upsample_type is too short/],
    [
      'a residual that does not shuffle',
      { upsample_type: ['temporal', 'temporal', 'temporal'], upsample_factor: [4, 4, 4] },
      /factor 4|channels/,
    ],
  ])('%s is refused', (_, config, words) => {
    expect(() => parseLtx2VaeConfig(config)).toThrow(AiprodError);
    expect(() => parseLtx2VaeConfig(config)).toThrow(words);
  });
});

describe('parseLtx2UpsamplerConfig', () => {
  test('a scale acts where rows and columns alone are enlarged', () => {
    expect(parseLtx2UpsamplerConfig({})).toMatchObject({ mid_channels: 1024, rational_spatial_scale: 2 });
    expect(parseLtx2UpsamplerConfig({ use_rational_resampler: false }).rational_spatial_scale).toBeUndefined();
    expect(parseLtx2UpsamplerConfig({ temporal_upsample: true }).rational_spatial_scale).toBeUndefined();
    expect(() => parseLtx2UpsamplerConfig({ rational_spatial_scale: 3 })).toThrow(/0.75, 1.5, 2, 4/);
  });
});
