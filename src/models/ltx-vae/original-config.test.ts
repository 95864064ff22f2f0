import { describe, expect, it } from 'vitest';
import { releasedLtx2Vaes, releasedVaes } from '../testing/released-configs';
import { vaeConfigOfOriginal } from './original-config';
import { parseLtx2VaeConfig, parseLtxVaeConfig } from './vae-config';

describe('configurations of the original checkpoints', () => {
  it.each(Object.entries(releasedVaes))('the VAE of %s becomes that of diffusers', (version, { diffusers, original }) => {
    const expected = parseLtxVaeConfig({ ...diffusers, spatial_compression_ratio: 32, temporal_compression_ratio: 8 });
    const found = vaeConfigOfOriginal(original, version);
    // The list may be longer than there are blocks; what is read of it counts.
    const noise = expected.decoder_inject_noise.slice(-expected.decoder_layers_per_block.length);
    expect(found).toEqual({ ...expected, decoder_inject_noise: noise });
  });

  it.each(Object.entries(releasedLtx2Vaes))('the VAE of LTX-2 %s becomes that of diffusers', (version, { diffusers, original }) => {
    expect(vaeConfigOfOriginal(original, version, 'ltx-2')).toEqual(parseLtx2VaeConfig(diffusers));
  });

  const { original } = releasedVaes['0.9.5'];
  it.each([
    ['padding that is not built', { ...original, spatial_padding_mode: 'circular' }, /spatial_padding_mode/],
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
      'an upsampler that is not built',
      {
        ...original,
        decoder_blocks: [
          ['res_x', 1],
          ['compress_nothing', 1],
          ['res_x', 1],
        ],
      },
      /compress_nothing/,
    ],
    ['no decoder', { ...original, decoder_blocks: undefined }, /lacks decoder_blocks/],
  ])('refuses a VAE with %s', (_, config, message) => {
    expect(() => vaeConfigOfOriginal(config, 'x')).toThrow(message);
  });
});
