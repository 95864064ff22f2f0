import { describe, expect, it } from 'vitest';
import { buildTransformerGraph, parameterShapes } from '../build';
import { originalTransformer2B } from '../testing/released-configs';
import { transformerConfigOf } from './checkpoint-config';
import { transformerConfigOfOriginal } from './original-config';

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
  });
});
