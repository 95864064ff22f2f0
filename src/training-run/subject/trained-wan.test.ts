import { expect, it } from 'vitest';
import type { TrainingSample } from '../../data';
import { evaluateGraph } from '../../graph';
import { testValues } from '../../graph/testing';
import { componentConfig, parseClipVisionConfig, parseWanTransformerConfig, parseWanVaeConfig } from '../../models';
import { readModelCase } from '../../models/testing/golden';
import { trainingConfigSchema } from '../config/schema';
import { trainedWan } from './trained-wan';
import { transformerBatch } from './transformer-batch';

const { golden } = readModelCase('models/wan_pipeline_i2v');
const transformer = trainedWan({
  transformer: parseWanTransformerConfig(componentConfig(golden, 'transformer'), 'transformer'),
  vae: parseWanVaeConfig(componentConfig(golden, 'vae'), 'vae'),
  imageEncoder: parseClipVisionConfig(componentConfig(golden, 'image_encoder'), 'image_encoder'),
});
const config = trainingConfigSchema.parse({
  data: { preprocessed_data_root: 'set' },
  output_dir: 'run',
  flow_matching: { type: 'uniform', minimum: 0.5, maximum: 0.5 },
});

/** Latents of two frames, and the first frame as `aiprod preprocess` writes it: 8 channels beside them, 5 tokens of 16 numbers. */
function sampleOf(id: string, seed: number, imageTokens = 5): TrainingSample {
  const tensor = (shape: readonly number[], own: number) =>
    ({
      shape,
      dtype: 'f32',
      data: testValues(
        shape.reduce((a, b) => a * b),
        10 * seed + own,
      ),
    }) as const;
  const tensors = {
    latents: tensor([4, 2, 2, 4], 1),
    prompt_embeds: tensor([3, 24], 2),
    prompt_mask: tensor([3], 3),
    image_conditions: tensor([8, 2, 2, 4], 4),
    'image_conditions.image_embeds': tensor([imageTokens, 16], 5),
  };
  return { id, tensors: new Map(Object.entries(tensors)), fps: 16 };
}

const batchOf = (samples: readonly TrainingSample[]) =>
  transformerBatch(samples, {
    transformer,
    frameRate: 16,
    config,
    key: { seed: 1, step: 0 },
    graph: (shape) => transformer.graph(shape, 'f32'),
  });

it('shows a model of image to video the first frame of each clip', async () => {
  const samples = [sampleOf('a', 1), sampleOf('b', 2)];
  const { inputs, shapes } = batchOf(samples);
  const read = (await golden.openWeights('transformer')).read;
  const predicted = async (given: typeof inputs): Promise<Float32Array> => {
    const { target: _, ...model } = given;
    const outputs = await evaluateGraph(shapes.graph(), model, read);
    return Float32Array.from(outputs.get('sample')?.data ?? []);
  };
  const both = await predicted(inputs);
  expect(both.length).toBe(inputs.target.length);
  // What one clip is shown changes that clip alone.
  for (const name of ['condition', 'encoder_hidden_states_image']) {
    const changed = Float32Array.from(inputs[name], (value, k) => (k < inputs[name].length / 2 ? value : value + 1));
    const after = await predicted({ ...inputs, [name]: changed });
    const half = both.length / 2;
    expect(after.subarray(0, half)).toEqual(both.subarray(0, half));
    expect(after.subarray(half)).not.toEqual(both.subarray(half));
  }
  expect(() => batchOf([sampleOf('a', 1), sampleOf('c', 3, 4)])).toThrow(
    /first frame of a sample does not fit.*image_embeds \[5, 16\].*\[4, 16\]/,
  );
});
