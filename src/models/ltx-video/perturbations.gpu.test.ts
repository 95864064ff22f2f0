import { expect, it } from 'vitest';
import { evaluateGraph, runGraph } from '../../graph';
import { relativeError, testContext, testValues } from '../../graph/testing';
import { buildTransformerGraph } from '../build';
import { readModelCase } from '../testing/golden';
import { timestepInput } from '../timesteps';
import { parseLtxTransformerConfig } from './transformer-config';

/** A batch of ordinary and weakened passes on the GPU, against the CPU reference. */
it.for(['f32', 'f16'] as const)('a pass of mixed perturbations in %s', async (dtype, test) => {
  const context = await testContext();
  if (dtype === 'f16' && !context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
  const { golden, tolerance } = readModelCase('skip_layer_transformer');
  const config = parseLtxTransformerConfig(golden.config);
  const { read } = await golden.openWeights('model');
  const options = {
    batch: 5,
    positions: { frames: 2, height: 2, width: 3 },
    textLength: 5,
    perturbations: [
      { kind: 'block' as const, blocks: [1], rows: [1] },
      { kind: 'attention-values' as const, blocks: [0], rows: [0, 2] },
      { kind: 'attention' as const, blocks: [0], rows: [3] },
      { kind: 'feed-forward' as const, blocks: [0, 1], rows: [2, 4] },
    ],
  };
  const inputs = {
    hidden_states: testValues(5 * 12 * config.in_channels, 1),
    encoder_hidden_states: testValues(5 * 5 * config.caption_channels, 2),
    encoder_attention_mask: Float32Array.from({ length: 25 }, (_, k) => (k % 5 < 2 + (k % 3) ? 1 : 0)),
    timestep_sinusoid: timestepInput([900, 700, 500, 300, 100]),
  };
  const expected = (await evaluateGraph(buildTransformerGraph(config, options).graph, inputs, read)).get('sample')?.data;
  const actual = (await runGraph(context, buildTransformerGraph(config, { ...options, dtype }).graph, inputs, read)).get('sample')?.data;
  if (!(actual instanceof Float32Array) || !(expected instanceof Float32Array)) throw new Error('no sample');
  expect(relativeError(actual, expected)).toBeLessThan(tolerance[dtype]);
});
