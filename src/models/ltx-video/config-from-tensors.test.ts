import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parameterShapes, buildTransformerGraph, buildVaeDecoderGraph, buildVaeEncoderGraph } from '../build';
import { readModelCase } from '../testing/golden';
import { releasedVaes } from '../testing/released-configs';
import { transformerConfigOfTensors, vaeConfigOfTensors, type TensorShapes } from './config-from-tensors';
import { parseLtxTransformerConfig } from './transformer-config';
import { parseLtxVaeConfig, type LtxVaeConfig } from './vae-config';

async function shapesOf(name: string): Promise<TensorShapes> {
  const weights = await readModelCase(name).golden.openWeights('model');
  return { name, shapes: new Map(weights.names.map((tensor) => [tensor, weights.shape(tensor)])) };
}

/** Shapes of all that a VAE of this configuration reads. */
function vaeShapes(config: LtxVaeConfig): TensorShapes {
  const size = { batch: 1, frames: 1, height: 1, width: 1 };
  const decoder = parameterShapes(buildVaeDecoderGraph(config, size).graph);
  const pixels = config.spatial_compression_ratio ?? 32;
  const encoder = parameterShapes(buildVaeEncoderGraph(config, { ...size, height: pixels, width: pixels }).graph);
  return { name: 'vae', shapes: new Map([...decoder, ...encoder]) };
}

describe('configurations from tensors', () => {
  it.each(Object.entries(releasedVaes))('the VAE of %s', (_, { diffusers }) => {
    const config = parseLtxVaeConfig({ ...diffusers, spatial_compression_ratio: 32, temporal_compression_ratio: 8 });
    expect(vaeConfigOfTensors(vaeShapes(config))).toEqual({
      ...config,
      decoder_inject_noise: config.decoder_inject_noise.slice(-config.decoder_layers_per_block.length),
    });
    expect(vaeShapes(vaeConfigOfTensors(vaeShapes(config))).shapes).toEqual(vaeShapes(config).shapes);
  });

  it.each(['ltx_vae_090', 'ltx_vae_091', 'ltx_vae_095'])('%s of the reference: every tensor it has, and no more', async (name) => {
    const tensors = await shapesOf(name);
    const derived = vaeConfigOfTensors(tensors);
    const wanted = vaeShapes(derived).shapes;
    for (const [tensor, shape] of wanted) expect(tensors.shapes.get(tensor), tensor).toEqual(shape);
    const config = parseLtxVaeConfig(
      JSON.parse(readFileSync(new URL(`../../../fixtures/golden/${name}/config.json`, import.meta.url), 'utf8')),
    );
    for (const field of [
      'block_out_channels',
      'down_block_types',
      'layers_per_block',
      'spatio_temporal_scaling',
      'decoder_block_out_channels',
      'decoder_layers_per_block',
      'decoder_spatio_temporal_scaling',
      'upsample_factor',
      'upsample_residual',
      'timestep_conditioning',
      'latent_channels',
      'patch_size',
    ] as const) {
      expect(derived[field], field).toEqual(config[field]);
    }
  });

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

  it('are refused in words when heads cannot be told or tensors are missing', async () => {
    expect(() => transformerConfigOfTensors({ name: 'x', shapes: new Map([['proj_in.weight', [40, 8]]]) })).toThrow(
      /heads.*divides by 64.*40 channels/,
    );
    expect(() => transformerConfigOfTensors({ name: 'x', shapes: new Map() })).toThrow(/proj_in.weight is needed/);
    const tensors = await shapesOf('ltx_vae_095');
    const cut = new Map(tensors.shapes);
    cut.delete('decoder.conv_in.conv.weight');
    expect(() => vaeConfigOfTensors({ name: 'x', shapes: cut })).toThrow(/decoder.conv_in.conv.weight is needed/);
    const lying = new Map(tensors.shapes).set('encoder.down_blocks.0.downsamplers.0.conv.conv.weight', [5, 4, 3, 3, 3]);
    expect(() => vaeConfigOfTensors({ name: 'x', shapes: lying })).toThrow(/no LTX-Video VAE has such a shape/);
  });
});
