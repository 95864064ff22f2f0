import { expect, test } from 'vitest';
import { parseLtx2VocoderConfig, upsampling } from './vocoder-config';

test('defaults are the released models: 24 kHz, and 16 kHz extended to 48 kHz', () => {
  const plain = parseLtx2VocoderConfig({ _class_name: 'LTX2Vocoder' });
  expect([plain.sampleRate, plain.extension, upsampling(plain.generator)]).toEqual([24000, undefined, 240]);
  const extended = parseLtx2VocoderConfig({ _class_name: 'LTX2VocoderWithBWE' });
  expect([extended.sampleRate, extended.extension?.ratio, upsampling(extended.generator)]).toEqual([48000, 3, 160]);
});

test.each([
  ['lists of two lengths', { upsample_factors: [2, 2], upsample_kernel_sizes: [4] }, /upsample_factors and upsample_kernel_sizes/],
  ['a kernel shorter than its step', { upsample_factors: [4], upsample_kernel_sizes: [3] }, /at least 4; found 3/],
  ['filtered leaky ReLUs', { antialias: true }, /leaky ReLUs with anti-aliasing/],
  ['too few channels', { hidden_channels: 8 }, /at least 32; found 8/],
  ['an unknown activation', { act_fn: 'relu' }, /act_fn/],
  ['a spectrogram of another size', { bwe_in_channels: 96 }, /bwe_in_channels.*expected 128; found 96/],
  ['a band of another length', { bwe_upsample_factors: [6, 5, 2, 2, 4] }, /bwe_upsample_factors.*expected 240; found 480/],
  ['a sample too many', { bwe_upsample_kernel_sizes: [12, 12, 4, 4, 4] }, /as even or odd as.*found 12 and 5/],
])('%s is refused in words', (_, config, words) => {
  expect(() => parseLtx2VocoderConfig(config)).toThrow(words);
});
