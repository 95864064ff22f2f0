import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { feedForwardOf, parseTextEncoderConfig } from './config';

describe('parseTextEncoderConfig', () => {
  test('defaults are those of the reference classes', () => {
    expect(parseTextEncoderConfig({})).toMatchObject({
      model_type: 't5',
      vocab_size: 32128,
      d_ff: 2048,
      num_layers: 6,
      feed_forward_proj: 'relu',
    });
    expect(parseTextEncoderConfig({ model_type: 'umt5' })).toMatchObject({
      vocab_size: 250112,
      d_ff: 1024,
      num_heads: 6,
      feed_forward_proj: 'gated-gelu',
    });
  });

  test('the family may stand in architectures', () => {
    expect(parseTextEncoderConfig({ architectures: ['UMT5EncoderModel'] }).model_type).toBe('umt5');
    expect(() => parseTextEncoderConfig({ model_type: 'gemma3_text' })).toThrow(/t5 or umt5.*gemma3_text/);
  });

  test('gated-gelu is the tanh approximation, gelu is not', () => {
    expect(feedForwardOf(parseTextEncoderConfig({ feed_forward_proj: 'gated-gelu' }))).toEqual({ gated: true, activation: 'gelu_new' });
    expect(feedForwardOf(parseTextEncoderConfig({ feed_forward_proj: 'gelu' }))).toEqual({ gated: false, activation: 'gelu' });
    expect(feedForwardOf(parseTextEncoderConfig({ feed_forward_proj: 'gated-silu' }))).toEqual({ gated: true, activation: 'silu' });
  });

  test.each([
    [{ d_model: 0 }, /d_model = 0/],
    [{ num_layers: 'six' }, /num_layers = "six"/],
    [{ is_decoder: true }, /only the encoder/],
    [{ feed_forward_proj: 'gated-tanh' }, /feed_forward_proj = "gated-tanh"/],
  ])('%j is refused with field, expectation and finding', (config, words) => {
    expect(() => parseTextEncoderConfig(config)).toThrow(AiprodError);
    expect(() => parseTextEncoderConfig(config)).toThrow(words);
  });
});
