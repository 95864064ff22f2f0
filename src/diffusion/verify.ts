import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput, type Comparison, type GoldenCase } from '../golden';
import { createGuider, classifierFreeGuidance, rescaleGuidance, type GuiderMemory } from './guiders';
import { adainFilter, toneMapLatents } from './latent-filters';
import { parseConfig } from './parse-config';
import { denormalizeLatents, normalizeLatents, packLatents, type LatentShape } from './patchifiers';
import { conditionedTimesteps, createScheduler, flowMatchEulerConfigSchema, perTokenEulerStep } from './schedulers';
import type { Schedule, Scheduler, ScheduleRequest, StepHistory } from './schedulers';
import { calculateShift, linearQuadraticSigmas, pipelineSigmas } from './timesteps';

/** Item i of a tensor's first axis. */
function item(tensor: { data: Float32Array; shape: readonly number[] }, index: number): Float32Array {
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

  const mask = params.per_token ? floatInput(golden, 'conditioning_mask').data : undefined;
  actual.set('samples', runSteps(golden, scheduler, schedule, mask));
  return compareOutputs(golden, actual);
}

function runSteps(golden: GoldenCase, scheduler: Scheduler, schedule: Schedule, mask?: Float32Array): Float32Array {
  const modelOutputs = floatInput(golden, 'model_output');
  const steps = modelOutputs.shape[0];
  let sample = floatInput(golden, 'sample').data;
  let history: StepHistory | undefined;
  let draws = 0;
  const samples = new Float32Array(steps * sample.length);
  for (let index = 0; index < steps; index++) {
    const modelOutput = item(modelOutputs, index);
    if (mask !== undefined) {
      const tokenTimesteps = conditionedTimesteps(schedule.timesteps[index], mask);
      sample = perTokenEulerStep(sample, modelOutput, schedule.sigmas, tokenTimesteps);
    } else {
      const noise = scheduler.needsNoise(schedule, index) ? floatInput(golden, `noise.${draws++}`).data : undefined;
      ({ sample, history } = scheduler.step({ schedule, index, sample, modelOutput, noise, history }));
    }
    samples.set(sample, index * sample.length);
  }
  return samples;
}

/** Recipe `linear_quadratic`: the schedule for several counts of steps. */
function verifyLinearQuadratic(golden: GoldenCase): Comparison[] {
  const { steps } = parseConfig(z.object({ steps: z.array(z.number()) }), golden.params, `${golden.name} params`);
  return compareOutputs(golden, new Map(steps.map((count) => [`sigmas_${count}`, linearQuadraticSigmas(count)])));
}

const filterParams = z.object({ factor: z.number(), compression: z.number(), scaling_factor: z.number().default(1) });
const latentShape = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);

/** Recipe `latent_filters`: AdaIN, tone mapping, normalisation by channel and back. */
function verifyLatentFilters(golden: GoldenCase): Comparison[] {
  const params = parseConfig(filterParams, golden.params, `${golden.name} params`);
  const latents = floatInput(golden, 'latents');
  const reference = floatInput(golden, 'reference');
  const shape: LatentShape = parseConfig(latentShape, latents.shape, `${golden.name} latents`);
  const referenceShape: LatentShape = parseConfig(latentShape, reference.shape, `${golden.name} reference`);
  const mean = floatInput(golden, 'mean').data;
  const statistics = { mean, std: floatInput(golden, 'std').data, scalingFactor: params.scaling_factor };
  const actual = new Map([
    ['adain', adainFilter(latents.data, shape, reference.data, referenceShape, params.factor)],
    ['tone_mapped', toneMapLatents(latents.data, params.compression)],
    ['normalized', normalizeLatents(latents.data, shape, statistics)],
    ['denormalized', denormalizeLatents(latents.data, shape, statistics)],
  ]);
  return compareOutputs(golden, actual);
}

/** Recipe `rescale_cfg`: classifier-free guidance and its rescaling, as the pipelines do it. */
function verifyRescaleCfg(golden: GoldenCase): Comparison[] {
  const params = parseConfig(z.object({ scale: z.number(), rescale: z.number() }), golden.params, `${golden.name} params`);
  const cond = floatInput(golden, 'cond');
  const cfg = classifierFreeGuidance(cond.data, floatInput(golden, 'uncond').data, params.scale);
  const rescaled = rescaleGuidance(cfg, cond.data, params.rescale, cond.shape[0]);
  return compareOutputs(golden, new Map(Object.entries({ cfg, rescaled })));
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
  const feeds = params.feeds.map((name) => [name, floatInput(golden, name)] as const);
  const { shape, data } = floatInput(golden, 'pred_cond');
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
  return compareOutputs(golden, new Map([['pred', guided]]));
}

/** Latent packing of the `shuffles` operation case: `params.pack` is `[patch_size, patch_size_t]`. */
export function verifyPackLatents(golden: GoldenCase): Comparison {
  const params = parseConfig(z.object({ pack: z.tuple([z.number(), z.number()]) }), golden.params, `${golden.name} params`);
  const [patch_size, patch_size_t] = params.pack;
  const expected = golden.outputs.get('pack_latents');
  if (expected === undefined) throw new AiprodError('bad-input', 'The case has no output pack_latents', { where: golden.name });
  const video = floatInput(golden, 'video');
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
