import { expect, test } from 'vitest';
import { combinedGuider, createScheduler, createSolver, passesOfRun, type GuidanceInput } from '../diffusion';
import { evaluateGraph } from '../graph';
import { buildTransformerGraph, parseLtxTransformerConfig, timestepInput, type Perturbation } from '../models';
import { readModelCase, relativeError } from '../models/testing/golden';
import { denoise } from './denoise';
import { graphVelocityModel } from './graph-models';

/**
 * Guidance through the real transformer: the loop's batches, of which a step holds only the passes it needs and each pass its own
 * prompt and perturbation, against passes run one by one and the formula written out.
 */
const { golden } = readModelCase('skip_layer_transformer');
const config = parseLtxTransformerConfig(golden.config);
const positions = { frames: 2, height: 2, width: 3 };
const count = 12 * config.in_channels;
const textLength = 5;

const wave = (length: number, seed: number): Float32Array => Float32Array.from({ length }, (_, k) => Math.sin(1.3 * k + seed));
const prompts = { negative: wave(textLength * config.caption_channels, 1), positive: wave(textLength * config.caption_channels, 2) };
const masks = { negative: Float32Array.of(1, 1, 0, 0, 0), positive: Float32Array.of(1, 1, 1, 1, 0) };

async function pass(prompt: keyof typeof prompts, sample: Float32Array, sigma: number, perturbations: Perturbation[]): Promise<number[]> {
  const { graph } = buildTransformerGraph(config, { batch: 1, positions, textLength, perturbations });
  const inputs = {
    hidden_states: sample,
    encoder_hidden_states: prompts[prompt],
    encoder_attention_mask: masks[prompt],
    timestep_sinusoid: timestepInput([sigma * 1000]),
  };
  const { read } = await golden.openWeights('model');
  return Array.from((await evaluateGraph(graph, inputs, read)).get('sample')?.data ?? [], Number);
}

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
};

test('a denoising run with text and spatio-temporal guidance, rescaled, by Heun steps', async () => {
  const schedule = createScheduler('FlowMatchEulerDiscreteScheduler', {}).schedule({ sigmas: [1, 0.6] });
  const scheduler = createScheduler('FlowMatchEulerDiscreteScheduler', {});
  // The second step has no negative prompt and leaves out another block.
  const guidance: GuidanceInput = {
    terms: [
      { kind: 'cfg', scale: 3, interval: { unit: 'sigma', min: 0.8 } },
      { kind: 'stg', scale: 1.5, blocks: [1], interval: { unit: 'sigma', min: 0.8 } },
      { kind: 'stg', scale: 1, blocks: [0], interval: { unit: 'sigma', max: 0.8 } },
      { kind: 'rescale', phi: 0.7 },
    ],
  };
  const guider = combinedGuider(guidance);
  expect(passesOfRun(guider, schedule).perStep.map((passes) => passes.length)).toEqual([3, 2]);

  const { read } = await golden.openWeights('model');
  const join = (values: typeof prompts): Float32Array => Float32Array.from([...values.negative, ...values.positive]);
  const text = { prompts: 2, states: join(prompts), mask: join(masks) };
  const model = graphVelocityModel(config, { run: evaluateGraph, read }, { positions, timesteps: 'sample', text });
  const start = wave(count, 7);
  const solver = createSolver({ kind: 'heun' }, scheduler);
  const noise = (): Float32Array => new Float32Array(count);
  const final = await denoise({ scheduler, schedule, solver, state: { step: 0, latents: start }, guidance: guider, model, noise });

  const values = (kind: 'attention-values', block: number): Perturbation[] => [{ kind, blocks: [block] }];
  const velocity = async (sample: Float32Array, sigma: number, first: boolean): Promise<number[]> => {
    const c = await pass('positive', sample, sigma, []);
    const u = first ? await pass('negative', sample, sigma, []) : c;
    const p = await pass('positive', sample, sigma, values('attention-values', first ? 1 : 0));
    const guided = c.map((value, k) => (first ? u[k] + 3 * (value - u[k]) + 1.5 * (value - p[k]) : value + (value - p[k])));
    const factor = 0.7 * (deviation(c) / deviation(guided)) + 0.3;
    return guided.map((value) => factor * value);
  };
  const v1 = await velocity(start, 1, true);
  const euler = start.map((x, k) => x - 0.4 * v1[k]);
  const v2 = await velocity(euler, 0.6, true);
  const middle = start.map((x, k) => x - 0.2 * (v1[k] + v2[k]));
  const v3 = await velocity(middle, 0.6, false);
  const expected = middle.map((x, k) => x - 0.6 * v3[k]);
  expect(relativeError(final.latents, expected)).toBeLessThan(1e-5);
  expect(relativeError(final.latents, start)).toBeGreaterThan(0.1);
});
