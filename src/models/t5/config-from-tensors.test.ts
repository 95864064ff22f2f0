import { describe, expect, it } from 'vitest';
import { buildTextEncoderGraph, parameterShapes } from '../build';
import { readModelCase } from '../testing/golden';
import { parseTextEncoderConfig } from './config';
import { textEncoderConfigOfTensors } from './config-from-tensors';

const xxl = { d_model: 4096, d_kv: 64, d_ff: 10240, num_layers: 24, num_heads: 64, feed_forward_proj: 'gated-gelu' };

describe('text encoder configurations from tensors', () => {
  it.each([
    ['T5 1.1 XXL', { ...xxl, model_type: 't5' }],
    ['T5 1.0', { model_type: 't5', feed_forward_proj: 'relu' }],
    ['UMT5', { ...xxl, model_type: 'umt5' }],
  ])('%s', (_, fields) => {
    const config = parseTextEncoderConfig(fields);
    const shapes = parameterShapes(buildTextEncoderGraph(config, { batch: 1, length: 4, masked: false }).graph);
    expect(textEncoderConfigOfTensors('x', shapes)).toEqual(config);
  });

  it.each(['t5_encoder', 'umt5_encoder'])('%s of the reference', async (name) => {
    const { golden } = readModelCase(name);
    const weights = await golden.openWeights('model');
    const shapes = new Map(weights.names.map((tensor) => [tensor, weights.shape(tensor)]));
    const { d_model, d_ff, d_kv, num_heads, num_layers, vocab_size, feed_forward_proj, model_type } = parseTextEncoderConfig(golden.config);
    const expected = { d_model, d_ff, d_kv, num_heads, num_layers, vocab_size, feed_forward_proj, model_type };
    expect(textEncoderConfigOfTensors(name, shapes)).toMatchObject(expected);
  });

  it('refuses what is no encoder', () => {
    expect(() => textEncoderConfigOfTensors('x', new Map())).toThrow(/shared.weight is needed/);
  });
});
