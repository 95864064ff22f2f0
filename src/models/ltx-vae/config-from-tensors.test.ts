import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildVaeDecoderGraph, buildVaeEncoderGraph, parameterShapes } from '../build';
import type { TensorShapes } from '../tensor-shapes';
import { readModelCase } from '../testing/golden';
import { releasedLtx2Vaes, releasedVaes } from '../testing/released-configs';
import { vaeConfigOfTensors } from './config-from-tensors';
import { parseLtx2VaeConfig, parseLtxVaeConfig, type LtxVaeConfig } from './vae-config';

async function shapesOf(name: string): Promise<TensorShapes> {
  const weights = await readModelCase(name).golden.openWeights('model');
  return { name, shapes: new Map(weights.names.map((tensor) => [tensor, weights.shape(tensor)])) };
}

/** Shapes of all that a VAE of this configuration reads. */
function vaeShapes(config: LtxVaeConfig): TensorShapes {
  // Decoders that mirror edges need two latents a side.
  const size = { batch: 1, frames: 1, height: 2, width: 2 };
  const decoder = parameterShapes(buildVaeDecoderGraph(config, size).graph);
  const pixels = config.spatial_compression_ratio ?? 32;
  const encoder = parameterShapes(buildVaeEncoderGraph(config, { ...size, height: 2 * pixels, width: 2 * pixels }).graph);
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

  it.each(Object.entries(releasedLtx2Vaes))('the VAE of LTX-2 %s', (_, { diffusers }) => {
    const config = parseLtx2VaeConfig(diffusers);
    expect(vaeConfigOfTensors(vaeShapes(config), 'ltx-2')).toEqual(config);
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

  it('are refused in words when tensors are missing', async () => {
    const tensors = await shapesOf('ltx_vae_095');
    const cut = new Map(tensors.shapes);
    cut.delete('decoder.conv_in.conv.weight');
    expect(() => vaeConfigOfTensors({ name: 'x', shapes: cut })).toThrow(/decoder.conv_in.conv.weight is needed/);
    const lying = new Map(tensors.shapes).set('encoder.down_blocks.0.downsamplers.0.conv.conv.weight', [5, 4, 3, 3, 3]);
    expect(() => vaeConfigOfTensors({ name: 'x', shapes: lying })).toThrow(/no LTX-Video VAE has such a shape/);
  });
});
