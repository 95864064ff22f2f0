import { z } from 'zod';
import { AiprodError } from '../errors';
import { createGuider, classifierFreeGuidance, rescaleGuidance, type GuiderMemory } from './guiders';
import { adainFilter, toneMapLatents } from './latent-filters';
import { parseConfig } from './parse-config';
import { denormalizeLatents, normalizeLatents, packLatents, type LatentShape } from './patchifiers';
import { conditionedTimesteps, createScheduler, flowMatchEulerConfigSchema, perTokenEulerStep } from './schedulers';
import type { Schedule, Scheduler, ScheduleRequest, StepHistory } from './schedulers';
import { calculateShift, linearQuadraticSigmas, pipelineSigmas } from './timesteps';

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor of a reference case. */
export interface GoldenTensor {
  /** NumPy name: float32, float64, int64, ... */
  dtype: string;
  shape: number[];
  data: TensorData;
}

/** A folder of reference data; its format is described in `fixtures/golden/README.md`. */
export interface GoldenCase {
  name: string;
  recipe: string;
  /** Reference class of each component, such as `scheduler: diffusers.FlowMatchEulerDiscreteScheduler`. */
  classes?: Readonly<Record<string, string>>;
  params: unknown;
  config: unknown;
  /** By name, without the `in.` of the file. */
  inputs: ReadonlyMap<string, GoldenTensor>;
  /** By name, without the `out.` of the file. */
  outputs: ReadonlyMap<string, GoldenTensor>;
}

/** A tensor that we computed beside the one the reference did. */
export interface Comparison {
  name: string;
  actual: Float32Array | Float64Array;
  expected: GoldenTensor;
}

/** A float32 input of a case. */
function floats(golden: GoldenCase, name: string): { data: Float32Array; shape: number[] } {
  const tensor = golden.inputs.get(name);
  if (tensor !== undefined && tensor.data instanceof Float32Array) return { data: tensor.data, shape: tensor.shape };
  throw new AiprodError('bad-input', `Input ${name} of the reference case is not usable`, {
    where: golden.name,
    expected: 'a float32 tensor',
    found: tensor?.dtype ?? 'none',
  });
}

/** Pairs computed tensors with the case's outputs; every output must be there. */
function compare(golden: GoldenCase, actual: ReadonlyMap<string, Float32Array | Float64Array>): Comparison[] {
  return Array.from(golden.outputs, ([name, expected]) => {
    const computed = actual.get(name);
    if (computed !== undefined) return { name, actual: computed, expected };
    throw new AiprodError('bad-input', `Output ${name} of the reference case is not one this recipe has`, {
      where: golden.name,
      expected: [...actual.keys()].join(', '),
      found: name,
    });
  });
}

/** Item i of a tensor's first axis. */
function item(tensor: { data: Float32Array; shape: number[] }, index: number): Float32Array {
  const size = tensor.data.length / tensor.shape[0];
  return tensor.data.subarray(index * size, (index + 1) * size);
}

const schedulerParams = z.object({
  steps: z.number().optional(),
  sigmas: z.array(z.number()).optional(),
  timesteps: z.array(z.number()).optional(),
  /** Number of tokens, from which mu follows. */
  seq_len: z.number().optional(),
  mu: z.number().optional(),
  /** Sigmas as a pipeline gives them, `linspace(1, 1 / steps)`. */
  pipeline_sigmas: z.boolean().default(false),
  per_token: z.boolean().default(false),
});

/** Recipe `scheduler_steps`: the schedule, then one step after the other along given model outputs. */
function verifySchedulerSteps(golden: GoldenCase): Comparison[] {
  const params = parseConfig(schedulerParams, golden.params, `${golden.name} params`);
  const { scheduler: config } = parseConfig(z.object({ scheduler: z.unknown() }), golden.config, `${golden.name} config`);
  const scheduler = createScheduler(golden.classes?.scheduler ?? 'FlowMatchEulerDiscreteScheduler', config);
  const actual = new Map<string, Float32Array | Float64Array>();

  let { mu } = params;
  if (params.seq_len !== undefined) {
    mu = calculateShift(params.seq_len, parseConfig(flowMatchEulerConfigSchema, config, `${golden.name} config`));
    actual.set('mu', Float64Array.of(mu));
  }
  const request: ScheduleRequest = { steps: params.steps, sigmas: params.sigmas, timesteps: params.timesteps, mu };
  if (params.pipeline_sigmas && params.steps !== undefined) request.sigmas = pipelineSigmas(params.steps);
  const schedule = scheduler.schedule(request);
  actual.set('timesteps', schedule.timesteps).set('sigmas', schedule.sigmas);

  const mask = params.per_token ? floats(golden, 'conditioning_mask').data : undefined;
  actual.set('samples', runSteps(golden, scheduler, schedule, mask));
  return compare(golden, actual);
}

function runSteps(golden: GoldenCase, scheduler: Scheduler, schedule: Schedule, mask?: Float32Array): Float32Array {
  const modelOutputs = floats(golden, 'model_output');
  const steps = modelOutputs.shape[0];
  let sample = floats(golden, 'sample').data;
  let history: StepHistory | undefined;
  let draws = 0;
  const samples = new Float32Array(steps * sample.length);
  for (let index = 0; index < steps; index++) {
    const modelOutput = item(modelOutputs, index);
    if (mask !== undefined) {
      const tokenTimesteps = conditionedTimesteps(schedule.timesteps[index], mask);
      sample = perTokenEulerStep(sample, modelOutput, schedule.sigmas, tokenTimesteps);
    } else {
      const noise = scheduler.needsNoise(schedule, index) ? floats(golden, `noise.${draws++}`).data : undefined;
      ({ sample, history } = scheduler.step({ schedule, index, sample, modelOutput, noise, history }));
    }
    samples.set(sample, index * sample.length);
  }
  return samples;
}

/** Recipe `linear_quadratic`: the schedule for several counts of steps. */
function verifyLinearQuadratic(golden: GoldenCase): Comparison[] {
  const { steps } = parseConfig(z.object({ steps: z.array(z.number()) }), golden.params, `${golden.name} params`);
  return compare(golden, new Map(steps.map((count) => [`sigmas_${count}`, linearQuadraticSigmas(count)])));
}

const filterParams = z.object({ factor: z.number(), compression: z.number(), scaling_factor: z.number().default(1) });
const latentShape = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);

/** Recipe `latent_filters`: AdaIN, tone mapping, normalisation by channel and back. */
function verifyLatentFilters(golden: GoldenCase): Comparison[] {
  const params = parseConfig(filterParams, golden.params, `${golden.name} params`);
  const latents = floats(golden, 'latents');
  const reference = floats(golden, 'reference');
  const shape: LatentShape = parseConfig(latentShape, latents.shape, `${golden.name} latents`);
  const referenceShape: LatentShape = parseConfig(latentShape, reference.shape, `${golden.name} reference`);
  const mean = floats(golden, 'mean').data;
  const statistics = { mean, std: floats(golden, 'std').data, scalingFactor: params.scaling_factor };
  const actual = new Map([
    ['adain', adainFilter(latents.data, shape, reference.data, referenceShape, params.factor)],
    ['tone_mapped', toneMapLatents(latents.data, params.compression)],
    ['normalized', normalizeLatents(latents.data, shape, statistics)],
    ['denormalized', denormalizeLatents(latents.data, shape, statistics)],
  ]);
  return compare(golden, actual);
}

/** Recipe `rescale_cfg`: classifier-free guidance and its rescaling, as the pipelines do it. */
function verifyRescaleCfg(golden: GoldenCase): Comparison[] {
  const params = parseConfig(z.object({ scale: z.number(), rescale: z.number() }), golden.params, `${golden.name} params`);
  const cond = floats(golden, 'cond');
  const cfg = classifierFreeGuidance(cond.data, floats(golden, 'uncond').data, params.scale);
  const rescaled = rescaleGuidance(cfg, cond.data, params.rescale, cond.shape[0]);
  return compare(golden, new Map(Object.entries({ cfg, rescaled })));
}

const predictionNames = ['pred_cond', 'pred_uncond', 'pred_cond_skip', 'pred_cond_stg', 'pred_cond_modality'] as const;
const guiderParams = z.object({
  guider: z.string(),
  kwargs: z.record(z.string(), z.unknown()),
  feeds: z.array(z.enum(predictionNames)),
});

/** Recipe `guider`: the first axis of every prediction is the step, the second the batch. */
function verifyGuider(golden: GoldenCase): Comparison[] {
  const params = parseConfig(guiderParams, golden.params, `${golden.name} params`);
  const guider = createGuider(params.guider, params.kwargs);
  const feeds = params.feeds.map((name) => [name, floats(golden, name)] as const);
  const { shape, data } = floats(golden, 'pred_cond');
  const [steps, batch] = shape;
  const guided = new Float32Array(data.length);
  let memory: GuiderMemory | undefined;
  for (let step = 0; step < steps; step++) {
    const predictions: Record<string, Float32Array> = {};
    for (const [name, tensor] of feeds) predictions[name] = item(tensor, step);
    const result = guider.guide({ step, steps, batch, predictions, memory });
    memory = result.memory;
    guided.set(result.prediction, (step * data.length) / steps);
  }
  return compare(golden, new Map([['pred', guided]]));
}

/** Latent packing of the `shuffles` operation case: `params.pack` is `[patch_size, patch_size_t]`. */
export function verifyPackLatents(golden: GoldenCase): Comparison {
  const params = parseConfig(z.object({ pack: z.tuple([z.number(), z.number()]) }), golden.params, `${golden.name} params`);
  const [patch_size, patch_size_t] = params.pack;
  const expected = golden.outputs.get('pack_latents');
  if (expected === undefined) throw new AiprodError('bad-input', 'The case has no output pack_latents', { where: golden.name });
  const video = floats(golden, 'video');
  const shape: LatentShape = parseConfig(latentShape, video.shape, `${golden.name} video`);
  return { name: 'pack_latents', actual: packLatents(video.data, shape, { patch_size, patch_size_t }), expected };
}

/** The recipes of reference cases that this folder answers. */
export const diffusionRecipes: Readonly<Record<string, (golden: GoldenCase) => Comparison[]>> = {
  scheduler_steps: verifySchedulerSteps,
  linear_quadratic: verifyLinearQuadratic,
  latent_filters: verifyLatentFilters,
  rescale_cfg: verifyRescaleCfg,
  guider: verifyGuider,
};
