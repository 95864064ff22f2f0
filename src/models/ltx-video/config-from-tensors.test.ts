import { describe, expect, it } from 'vitest';
import { buildTransformerGraph, parameterShapes } from '../build';
import { transformerConfigOfTensors } from './config-from-tensors';
import { parseLtxTransformerConfig } from './transformer-config';

describe('configurations from tensors', () => {
  it.each([
    ['2B', { num_attention_heads: 32, attention_head_dim: 64, cross_attention_dim: 2048, num_layers: 28 }],
    ['13B', { num_attention_heads: 32, attention_head_dim: 128, cross_attention_dim: 4096, num_layers: 48 }],
    [
      'a small one',
      {
        num_attention_heads: 2,
        attention_head_dim: 64,
        cross_attention_dim: 128,
        num_layers: 3,
        in_channels: 16,
        out_channels: 8,
        caption_channels: 12,
        attention_bias: false,
        norm_elementwise_affine: true,
        activation_fn: 'geglu',
      },
    ],
  ])('the transformer of %s', (_, fields) => {
    const config = parseLtxTransformerConfig(fields);
    const { graph } = buildTransformerGraph(config, { batch: 1, textLength: 1, positions: { frames: 1, height: 1, width: 1 } });
    expect(transformerConfigOfTensors({ name: 'transformer', shapes: parameterShapes(graph) })).toEqual(config);
  });

  it('are refused in words when heads cannot be told or tensors are missing', () => {
    expect(() => transformerConfigOfTensors({ name: 'x', shapes: new Map([['proj_in.weight', [40, 8]]]) })).toThrow(
      /heads.*divides by 64.*40 channels/,
    );
    expect(() => transformerConfigOfTensors({ name: 'x', shapes: new Map() })).toThrow(/proj_in.weight is needed/);
  });
});
