import { describe, expect, it } from 'vitest';
import { buildTransformerGraph, buildVaeDecoderGraph, buildVaeEncoderGraph, parameterShapes } from '../build';
import { originalTransformer2B, releasedVaes } from '../testing/released-configs';
import { parseOriginalMetadata, transformerConfigOf, vaeConfigOf } from './checkpoint-config';
import { transformerConfigOfOriginal, vaeConfigOfOriginal } from './original-config';

const transformer = { ...originalTransformer2B, num_attention_heads: 4, attention_head_dim: 10, cross_attention_dim: 40, num_layers: 2 };
const transformerShapes = parameterShapes(
  buildTransformerGraph(transformerConfigOfOriginal(transformer, 'x'), {
    batch: 1,
    textLength: 1,
    positions: { frames: 1, height: 1, width: 1 },
  }).graph,
);

describe('configurations of a checkpoint', () => {
  it('come from the metadata where there are any: heads of any width', () => {
    const tensors = { name: 'x', shapes: transformerShapes };
    expect(transformerConfigOf(tensors, transformer)).toMatchObject({ num_attention_heads: 4, attention_head_dim: 10 });
    expect(() => transformerConfigOf(tensors, undefined)).toThrow(/heads/);
  });

  it('are refused where metadata and tensors contradict each other', () => {
    const tensors = { name: 'x', shapes: transformerShapes };
    expect(() => transformerConfigOf(tensors, { ...transformer, num_layers: 3 })).toThrow(/contradicts.*num_layers = 3.*num_layers = 2/);
    const { original } = releasedVaes['0.9.1'];
    const config = vaeConfigOfOriginal(original, 'x');
    const size = { batch: 1, frames: 1, height: 32, width: 32 };
    const shapes = new Map([
      ...parameterShapes(buildVaeDecoderGraph(config, { ...size, height: 1, width: 1 }).graph),
      ...parameterShapes(buildVaeEncoderGraph(config, size).graph),
    ]);
    expect(vaeConfigOf({ name: 'x', shapes }, original)).toEqual(config);
    expect(() => vaeConfigOf({ name: 'x', shapes }, releasedVaes['0.9.5'].original)).toThrow(/contradicts.*block_out_channels/);
  });

  it('are read from the metadata of the file', () => {
    const config = { transformer, vae: null, scheduler: { sampler: 'Uniform' }, allowed_inference_steps: [1, 0.5] };
    expect(parseOriginalMetadata(new Map([['config', JSON.stringify(config)]]), 'x')).toEqual(config);
    expect(parseOriginalMetadata(new Map([['format', 'pt']]), 'x')).toEqual({});
    for (const wrong of ['{', '[]', '{"transformer":3}', '{"allowed_inference_steps":[0]}', '{"allowed_inference_steps":[]}']) {
      expect(() => parseOriginalMetadata(new Map([['config', wrong]]), 'x')).toThrow(/metadata of the file is malformed/);
    }
  });
});
