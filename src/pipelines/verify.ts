import { z } from 'zod';
import { AiprodError } from '../errors';
import { createScheduler, packedShape, unpackLatents, type LatentShape, type Schedule, type Scheduler } from '../diffusion';
import {
  caseParams,
  compareOutputs,
  componentConfig,
  compressionRatios,
  floatInput,
  parseLtxTransformerConfig,
  parseLtxUpsamplerConfig,
  parseLtxVaeConfig,
  type GraphRunner,
  type LtxPositions,
  type LtxTransformerConfig,
  type ModelCase,
  type ModelComparison,
  type Video,
} from '../models';
import { conditionedVideoStart, withoutKeyframes, type VideoCondition } from './conditioned-video';
import { denoise, type LatentConditioning } from './denoise';
import { graphAutoencoder, graphUpsampler, graphVelocityModel, type GraphHost } from './graph-models';
import { imageToVideoStart } from './image-to-video';
import { decodeLatents, type VideoAutoencoder } from './latent-codec';
import { upsampleLatents } from './latent-upsample';
import type { NoiseSource } from './noise';
import { conditionedSchedule, dynamicShift, shiftedSchedule } from './schedules';
import { guidanceBatch } from './transformer-inputs';

interface VerifyOptions {
  /** Storage type of weights and activations. Default f32. */
  readonly dtype?: 'f32' | 'f16';
}

type Recipe = (golden: ModelCase, run: GraphRunner, options: VerifyOptions) => Promise<ModelComparison[]>;

/** Call arguments, with the reference's defaults. */
const callSchema = z.object({
  height: z.number(),
  width: z.number(),
  num_frames: z.number(),
  num_inference_steps: z.number().default(50),
  guidance_scale: z.number().default(3),
  guidance_rescale: z.number().default(0),
  frame_rate: z.number().default(25),
  decode_timestep: z.number().default(0),
  decode_noise_scale: z.number().optional(),
  timesteps: z.array(z.number()).optional(),
  image_cond_noise_scale: z.number().default(0.15),
  denoise_strength: z.number().default(1),
});

const conditionSchema = z.object({
  kind: z.enum(['image', 'video']),
  input: z.string(),
  frame_index: z.number(),
  strength: z.number(),
});

const pipelines = ['LTXPipeline', 'LTXImageToVideoPipeline', 'LTXConditionPipeline'] as const;
const paramsSchema = z.object({ pipeline: z.enum(pipelines), call: callSchema, conditions: z.array(conditionSchema).default([]) });
type Params = z.output<typeof paramsSchema>;

/** A case with everything opened that its pipeline works on. */
interface OpenedPipeline {
  readonly golden: ModelCase;
  readonly params: Params;
  readonly vae: VideoAutoencoder;
  readonly transformer: LtxTransformerConfig;
  readonly scheduler: Scheduler;
  readonly latentShape: LatentShape;
  readonly ratios: { readonly spatial: number; readonly temporal: number };
  readonly noise: NoiseSource;
}

/** What a pipeline hands to the denoising loop. */
interface Prepared {
  readonly schedule: Schedule;
  readonly latents: Float32Array;
  readonly positions: LtxPositions;
  readonly conditioning?: LatentConditioning;
  /** Packed latents of the video, out of the denoised ones. */
  finish(latents: Float32Array): Float32Array;
}

const preparations: Readonly<Record<(typeof pipelines)[number], (opened: OpenedPipeline) => Promise<Prepared>>> = {
  LTXPipeline: (opened) =>
    Promise.resolve({ ...onGrid(opened), latents: floatInput(opened.golden, 'latents').data, finish: (latents) => latents }),
  async LTXImageToVideoPipeline(opened) {
    const { vae, latentShape, transformer: patch, noise } = opened;
    const start = await imageToVideoStart({ vae, image: pixelInput(opened.golden, 'image', 'image'), latentShape, patch, noise });
    return { ...onGrid(opened), ...start, finish: (latents) => latents };
  },
  LTXConditionPipeline: prepareConditions,
};

/** Schedule and positions of the pipelines whose tokens are the video's and no more. */
function onGrid({ golden, params, latentShape, transformer, scheduler, ratios }: OpenedPipeline): Pick<Prepared, 'schedule' | 'positions'> {
  const [, tokens] = packedShape(latentShape, transformer);
  const [, , frames, height, width] = latentShape;
  const anchors = dynamicShift(componentConfig(golden, 'scheduler'));
  return {
    schedule: shiftedSchedule(scheduler, { steps: params.call.num_inference_steps, tokens, anchors }),
    positions: {
      frames: frames / transformer.patch_size_t,
      height: height / transformer.patch_size,
      width: width / transformer.patch_size,
      ropeInterpolationScale: [ratios.temporal / params.call.frame_rate, ratios.spatial, ratios.spatial],
    },
  };
}

async function prepareConditions(opened: OpenedPipeline): Promise<Prepared> {
  const { golden, params, vae, latentShape, ratios, noise, transformer: patch } = opened;
  const { call } = params;
  const schedule = conditionedSchedule(opened.scheduler, {
    steps: call.num_inference_steps,
    timesteps: call.timesteps,
    denoiseStrength: call.denoise_strength,
  });
  const conditions = params.conditions.map(({ kind, input, frame_index, strength }): VideoCondition => ({
    video: pixelInput(golden, input, kind),
    frameIndex: frame_index,
    strength,
  }));
  const refines = call.denoise_strength < 1 && golden.inputs.has('latents');
  const start = await conditionedVideoStart({
    vae,
    conditions,
    latentShape,
    ratios,
    patch,
    frameRate: call.frame_rate,
    imageNoiseScale: call.image_cond_noise_scale,
    noise,
    ...(refines ? { given: { latents: floatInput(golden, 'latents').data, sigma: schedule.sigmas[0] } } : {}),
  });
  return {
    schedule,
    latents: start.latents,
    conditioning: start.conditioning,
    positions: { coordinates: start.coordinates, tokens: start.coordinates.length / 3 },
    finish: (latents) => withoutKeyframes(latents, start),
  };
}

/** Recipe `ltx_pipeline`: prompt embeddings to frames, with the latents after every step. */
const verifyPipeline: Recipe = async (golden, run, options) => {
  const params = caseParams(golden, paramsSchema);
  const { call } = params;
  const hostOf = async (component: string): Promise<GraphHost> => ({ run, ...options, read: (await golden.openWeights(component)).read });
  const vaeConfig = parseLtxVaeConfig(componentConfig(golden, 'vae'), `${golden.name} vae`);
  const transformer = parseLtxTransformerConfig(componentConfig(golden, 'transformer'), `${golden.name} transformer`);
  const ratios = compressionRatios(vaeConfig);
  const latentShape: LatentShape = [
    1,
    vaeConfig.latent_channels,
    (call.num_frames - 1) / ratios.temporal + 1,
    call.height / ratios.spatial,
    call.width / ratios.spatial,
  ];
  const noise = recordedNoise(golden);
  const vae = await graphAutoencoder(vaeConfig, await hostOf('vae'), noise);
  const scheduler = createScheduler(golden.classes.scheduler, componentConfig(golden, 'scheduler'));
  const prepared = await preparations[params.pipeline]({ golden, params, vae, transformer, scheduler, latentShape, ratios, noise });
  const { schedule, conditioning } = prepared;

  const batch = guidanceBatch(call.guidance_scale);
  const model = graphVelocityModel(transformer, await hostOf('transformer'), {
    batch,
    positions: prepared.positions,
    timesteps: conditioning === undefined ? 'sample' : 'token',
    text: { states: prompts(golden, 'prompt_embeds', batch), mask: prompts(golden, 'prompt_attention_mask', batch) },
  });
  const perStep = new Float32Array(schedule.timesteps.length * prepared.latents.length);
  const final = await denoise({
    scheduler,
    schedule,
    state: { step: 0, latents: prepared.latents },
    guidance: { scale: call.guidance_scale, rescale: call.guidance_rescale },
    model,
    ...(conditioning === undefined ? {} : { conditioning }),
    noise: (step) => noise('steps', step, prepared.latents.length),
    onStep: ({ step, latents }) => perStep.set(latents, (step - 1) * latents.length),
  });
  const latents = unpackLatents(prepared.finish(final.latents), latentShape, transformer);
  const decodeSettings = { timestep: call.decode_timestep, noiseScale: call.decode_noise_scale ?? call.decode_timestep };
  const video = await decodeLatents(vae, { shape: latentShape, data: latents }, decodeSettings, (count) => noise('decode', 0, count));
  const actual = new Map([
    ['frames', framesOf(video)],
    ['latents_per_step', perStep],
    ['timesteps', schedule.timesteps],
  ]);
  return compareOutputs(golden, actual);
};

const upsampleSchema = z.object({
  call: z.object({ adain_factor: z.number().default(0), tone_map_compression_ratio: z.number().default(0) }),
});

/** Recipe `ltx_upsample_pipeline`: latents to larger latents. */
const verifyUpsample: Recipe = async (golden, run, options) => {
  const { call } = caseParams(golden, upsampleSchema);
  const vaeConfig = parseLtxVaeConfig(componentConfig(golden, 'vae'), `${golden.name} vae`);
  const config = parseLtxUpsamplerConfig(componentConfig(golden, 'upsampler'), `${golden.name} upsampler`);
  const vae = await golden.openWeights('vae');
  const { read } = await golden.openWeights('upsampler');
  const { data, shape } = floatInput(golden, 'latents');
  const [batch, channels, frames, height, width] = shape;
  const upsampled = await upsampleLatents({
    latents: { data, shape: [batch, channels, frames, height, width] },
    statistics: { mean: await vae.read('latents_mean'), std: await vae.read('latents_std'), scalingFactor: vaeConfig.scaling_factor },
    upsample: graphUpsampler(config, { run, read, ...options }),
    adainFactor: call.adain_factor,
    toneMapCompression: call.tone_map_compression_ratio,
  });
  return compareOutputs(golden, new Map([['latents', upsampled.data]]));
};

/** The draws of a case in the order the reference made them, which must be ours. */
function recordedNoise(golden: ModelCase): NoiseSource {
  let next = 0;
  return (purpose, _index, count) => {
    const name = `noise.${next++}`;
    const { data, shape } = floatInput(golden, name);
    if (data.length === count) return data;
    throw new AiprodError('shape-mismatch', `${name} is not the noise that the pipeline draws here`, {
      where: golden.name,
      expected: `${count} numbers for ${purpose}`,
      found: `[${shape.join(', ')}]`,
    });
  };
}

/** The prompt's tensor, after the negative prompt's where both are used. */
function prompts(golden: ModelCase, name: string, batch: 1 | 2): Float32Array {
  const { data } = floatInput(golden, name);
  if (batch === 1) return data;
  const result = new Float32Array(2 * data.length);
  result.set(floatInput(golden, `negative_${name}`).data);
  result.set(data, data.length);
  return result;
}

/** Pixels 0 to 1, an image [1, 3, H, W] or a video [F, 3, H, W], as a video [1, 3, F, H, W] of -1 to 1. */
function pixelInput(golden: ModelCase, name: string, kind: 'image' | 'video'): Video {
  const { data, shape } = floatInput(golden, name);
  const [frames, channels, height, width] = shape;
  if (shape.length !== 4 || (kind === 'image' && frames !== 1)) {
    throw new AiprodError('bad-input', `input ${name} is no ${kind}`, {
      where: golden.name,
      expected: kind === 'image' ? '[1, 3, H, W]' : '[F, 3, H, W]',
      found: `[${shape.join(', ')}]`,
    });
  }
  const scaled = data.map((value) => Math.fround(2 * value) - 1);
  return { shape: [1, channels, frames, height, width], data: swapFirstAxes(scaled, frames, channels) };
}

/** Frames as the reference returns them: [1, F, 3, H, W], 0 to 1. */
function framesOf({ shape, data }: Video): Float32Array {
  const pixels = data.map((value) => Math.min(1, Math.max(0, Math.fround(value * 0.5) + 0.5)));
  return swapFirstAxes(pixels, shape[1], shape[2]);
}

/** [A, B, ...] to [B, A, ...]. */
function swapFirstAxes(data: Float32Array, a: number, b: number): Float32Array {
  const size = data.length / (a * b);
  const result = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) result.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size);
  }
  return result;
}

const recipes: Readonly<Record<string, Recipe>> = { ltx_pipeline: verifyPipeline, ltx_upsample_pipeline: verifyUpsample };

/** Whether {@link verifyPipelineCase} knows the case's recipe. */
export function verifiesPipelineCase(golden: ModelCase): boolean {
  return golden.recipe in recipes;
}

/** Runs the pipeline of a reference case and pairs what it computes with the reference's numbers. */
export async function verifyPipelineCase(golden: ModelCase, run: GraphRunner, options: VerifyOptions = {}): Promise<ModelComparison[]> {
  if (!verifiesPipelineCase(golden)) {
    throw new AiprodError('unsupported-model', 'no recipe for this reference case', {
      where: golden.name,
      expected: Object.keys(recipes).join(', '),
      found: golden.recipe,
    });
  }
  return recipes[golden.recipe](golden, run, options);
}
