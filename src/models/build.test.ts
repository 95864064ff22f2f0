import { describe, expect, test } from 'vitest';
import { evaluateGraph, type Graph } from '../graph';
import {
  buildLatentUpsamplerGraph,
  buildTextEncoderGraph,
  buildTransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  parameterNames,
  parameterShapes,
} from './build';
import { parseLtx2VaeConfig, parseLtxUpsamplerConfig, parseLtxVaeConfig } from './ltx-vae';
import { parseLtxTransformerConfig } from './ltx-video';
import { parseTextEncoderConfig } from './t5';
import { readModelCase } from './testing/golden';
import { timestepInput } from './timesteps';

const parametersRead = (graph: Graph): string[] => parameterNames(graph).sort();

/** Weights of a case, but for buffers that a graph does not read. */
async function storedNames(name: string, ignore: RegExp): Promise<string[]> {
  const weights = await readModelCase(name).golden.openWeights('model');
  return weights.names.filter((key) => !ignore.test(key)).sort();
}

describe("graphs read the weights of the reference's state dict, all and no others", () => {
  test('transformer', async () => {
    const config = parseLtxTransformerConfig(readModelCase('ltx_transformer').golden.config);
    const { graph, inputs } = buildTransformerGraph(config, { batch: 1, positions: { frames: 1, height: 2, width: 2 }, textLength: 3 });
    expect(parametersRead(graph)).toEqual(await storedNames('ltx_transformer', /^$/));
    expect([...inputs.keys()].sort()).toEqual(['encoder_attention_mask', 'encoder_hidden_states', 'hidden_states', 'timestep_sinusoid']);
  });

  test.each(['ltx_vae_090', 'ltx_vae_091', 'ltx_vae_095'])('%s', async (name) => {
    const config = parseLtxVaeConfig(readModelCase(name).golden.config);
    const encoder = buildVaeEncoderGraph(config, { batch: 1, frames: 1, height: 32, width: 32 });
    const decoder = buildVaeDecoderGraph(config, { batch: 1, frames: 1, height: 1, width: 1 });
    const read = [...parametersRead(decoder.graph), ...parametersRead(encoder.graph)];
    expect(read).toEqual(await storedNames(name, /latents_|timestep_scale_multiplier/));
  });

  test('upsampler and text encoders', async () => {
    const upsampler = parseLtxUpsamplerConfig(readModelCase('ltx_upsampler_spatial').golden.config);
    const { graph } = buildLatentUpsamplerGraph(upsampler, { batch: 1, frames: 1, height: 2, width: 2 });
    expect(parametersRead(graph)).toEqual(await storedNames('ltx_upsampler_spatial', /^$/));
    for (const name of ['t5_encoder', 'umt5_encoder']) {
      const config = parseTextEncoderConfig(readModelCase(name).golden.config);
      const encoder = buildTextEncoderGraph(config, { batch: 1, length: 4, masked: true });
      expect(parametersRead(encoder.graph)).toEqual(await storedNames(name, /embed_tokens/));
    }
  });
});

test("stored shapes are the reference's", async () => {
  const { golden } = readModelCase('ltx_vae_091');
  const weights = await golden.openWeights('model');
  const { graph } = buildVaeDecoderGraph(parseLtxVaeConfig(golden.config), { batch: 1, frames: 1, height: 1, width: 1 });
  for (const [name, shape] of parameterShapes(graph)) expect(shape, name).toEqual(weights.shape(name));
});

test('one graph serves every denoising step: only inputs change', async () => {
  const { golden } = readModelCase('skip_layer_transformer');
  const weights = await golden.openWeights('model');
  const config = parseLtxTransformerConfig(golden.config);
  const { graph } = buildTransformerGraph(config, {
    batch: 1,
    positions: { frames: 1, height: 2, width: 2 },
    textLength: 2,
    masked: false,
  });
  const inputs = { hidden_states: new Float32Array(24).fill(0.3), encoder_hidden_states: new Float32Array(20).fill(0.1) };
  const at = async (timestep: number): Promise<number[]> => {
    const results = await evaluateGraph(graph, { ...inputs, timestep_sinusoid: timestepInput([timestep]) }, (name) => weights.read(name));
    return [...(results.get('sample')?.data ?? [])];
  };
  const first = await at(900);
  expect(await at(100)).not.toEqual(first);
  expect(await at(900)).toEqual(first);
});

describe('sizes that no graph has are refused', () => {
  const vae = parseLtxVaeConfig({});
  test.each([
    [
      'frames that are no multiple of 8 plus 1',
      () => buildVaeEncoderGraph(vae, { batch: 1, frames: 8, height: 32, width: 32 }),
      /multiple of 8 plus 1.*8 frames/,
    ],
    [
      'a height that does not divide',
      () => buildVaeEncoderGraph(vae, { batch: 1, frames: 9, height: 40, width: 32 }),
      /divisible by 32.*32 x 40/,
    ],
    [
      'one row of latents with mirrored edges',
      () => buildVaeDecoderGraph(parseLtx2VaeConfig({}), { batch: 1, frames: 1, height: 1, width: 2 }),
      /at least 2 x 2.*2 x 1/,
    ],
    ['no latents', () => buildVaeDecoderGraph(vae, { batch: 1, frames: 0, height: 1, width: 1 }), /frames is not a size.*found 0/],
    ['half a token', () => buildTextEncoderGraph(parseTextEncoderConfig({}), { batch: 1, length: 1.5, masked: false }), /length.*1\.5/],
  ])('%s', (_, build, words) => expect(build).toThrow(words));
});
