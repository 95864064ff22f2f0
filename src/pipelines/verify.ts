import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, type Comparison, floatInput } from '../golden';
import { createScheduler, unpackLatents } from '../diffusion';
import { parseFrameRate } from '../media';
import {
  caseParams,
  componentConfig,
  cropVideo,
  parseLtxTransformerConfig,
  parseLtxUpsamplerConfig,
  parseLtxVaeConfig,
  type GraphRunner,
  type ModelCase,
} from '../models';
import { isTensor, nodeKind, runGraph, type NodeKind, type NodeSpec } from './dag';
import { firstFrameConditions } from './definitions/first-frame';
import { keyframeSampling } from './definitions/keyframes';
import { graphMachine } from './graph-machine';
import { graphUpsampler, graphVelocityModel, type GraphHost } from './graph-models';
import { parseJob, type ResolvedJob } from './job';
import { releasedDecodeSettings } from './latent-codec';
import { upsampleLatents } from './latent-upsample';
import { decodingNode } from './decoding-graph';
import { latentShapeOf, samplingNodes, scheduleOfJob, type GraphContext, type SamplingRequest } from './pipeline-graph';
import { videoKinds } from './video-kinds';
import type { VideoMachine } from './video-machine';
import type { MediaFacts } from './nodes/load-media';
import { ref, videoOf } from './nodes/video-value';
import { drawKey, framesOf, pixelInput, prompts, recordedNoise, type Recipe, type VerifyOptions } from './verify-parts';
import { verifyAudioVideoPipeline } from './verify-audio-video';
import { verifyWanPipeline } from './verify-wan';
import { conditionedSchedule, dynamicShift } from './schedules';
import { ltxVideoVae } from './video-vae';
import { joinedFloats } from '../numeric/joined';

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

/** A golden case as a graph context, and the machine that runs its graph. */
interface OpenedPipeline {
  readonly golden: ModelCase;
  readonly params: Params;
  readonly context: GraphContext;
}

/** What a pipeline of the reference is here, and in which order it drew its noise. */
interface ReferencePipeline {
  sampling(opened: OpenedPipeline): SamplingRequest & { readonly given?: NodeSpec };
  draws(params: Params, golden: ModelCase): readonly string[];
}

const pipelinesOfReference: Readonly<Record<(typeof pipelines)[number], ReferencePipeline>> = {
  LTXPipeline: {
    sampling: ({ context }) => ({ ...sizeOf(context.job), schedule: scheduleOfJob(context, context.job), conditioning: 'none' }),
    // First latents may be given; otherwise they are the first draw.
    draws: (_, golden) => (golden.inputs.has('latents') ? [] : [drawKey('latents', 0)]),
  },
  LTXImageToVideoPipeline: {
    sampling: ({ context }) => ({
      ...sizeOf(context.job),
      schedule: scheduleOfJob(context, context.job),
      conditions: firstFrameConditions(context.job, context.media),
      conditioning: 'hold',
    }),
    draws: () => [drawKey('posterior', 0), drawKey('latents', 0)],
  },
  LTXConditionPipeline: {
    sampling({ golden, params: { call }, context }) {
      const { num_inference_steps: steps, timesteps, denoise_strength: denoiseStrength } = call;
      const refines = denoiseStrength < 1 && golden.inputs.has('latents');
      return {
        ...sizeOf(context.job),
        ...keyframeSampling(context),
        schedule: conditionedSchedule(context.scheduler, { steps, timesteps, denoiseStrength }),
        ...(refines ? { refine: ref(givenNode.name, 'video'), given: givenNode } : {}),
      };
    },
    draws: ({ conditions }) => [
      drawKey('latents', 0),
      ...conditions.flatMap(({ frame_index }, k) => [drawKey('posterior', k), ...(frame_index > 0 ? [drawKey('keyframe', k)] : [])]),
    ],
  },
};

function sizeOf({ width, height, frames }: ResolvedJob): Pick<SamplingRequest, 'width' | 'height' | 'frames'> {
  return { width, height, frames };
}

/** Latents to refine, as the case gives them. */
const givenNode: NodeSpec = {
  name: 'given',
  kind: 'load-media',
  inputs: {},
  settings: { file: 'latents', fingerprint: '', start: 0, count: 1, lead: 0, tail: 0, width: 1, height: 1 },
  placement: 'cpu',
};

/** The case's own pixels, which are no 8-bit pictures, in place of files. */
function goldenMedia(golden: ModelCase, params: Params): NodeKind {
  return nodeKind({
    name: 'load-media',
    version: 1,
    outputs: ['video'],
    keep: 'never',
    settings: z.object({ file: z.string(), start: z.number(), count: z.number() }),
    run(_, { settings: { file, start, count } }) {
      if (file === 'latents') {
        const { data, shape } = floatInput(golden, file);
        return Promise.resolve({ video: { shape, data } });
      }
      const kind = params.conditions.find(({ input }) => input === file)?.kind ?? 'image';
      return Promise.resolve({ video: cropVideo(pixelInput(golden, file, kind), { frames: [start, start + count] }) });
    },
  });
}

function openCase(golden: ModelCase, machine: VideoMachine, latentChannels: number, params: Params): OpenedPipeline {
  const { call, conditions, pipeline } = params;
  const own = pipeline === 'LTXImageToVideoPipeline' ? [{ file: 'image', frame: 0, strength: 1 }] : [];
  const job: ResolvedJob = {
    ...parseJob({
      prompt: 'the case brings its own embeddings',
      guidanceScale: call.guidance_scale > 1 ? call.guidance_scale : 1,
      guidanceRescale: call.guidance_rescale,
      conditions: [...own, ...conditions.map(({ input, frame_index, strength }) => ({ file: input, frame: frame_index, strength }))],
      imageNoiseScale: call.image_cond_noise_scale,
    }),
    width: call.width,
    height: call.height,
    frames: call.num_frames,
    frameRate: parseFrameRate(call.frame_rate),
    steps: call.num_inference_steps,
    guidanceScale: call.guidance_scale > 1 ? call.guidance_scale : 1,
  };
  const facts = ({ file }: { readonly file: string }): [string, MediaFacts] => {
    const { shape } = floatInput(golden, file);
    return [file, { width: shape[3], height: shape[2], frames: shape[0], frameRate: null, fingerprint: '' }];
  };
  const context: GraphContext = {
    job,
    media: new Map(job.conditions.map(facts)),
    grid: machine.grid,
    latentChannels,
    scheduler: machine.scheduler,
    dynamicShift: dynamicShift(componentConfig(golden, 'scheduler')),
    sampler: 'uniform',
    decode: releasedDecodeSettings,
    posterior: 'draw',
    keyframeTokens: true,
    stgBlocks: [],
    conditions: { keyframes: 'front', guide: 'guide' },
    textByStage: false,
    upsampling: undefined,
    identity: { text_encoder: null, transformer: null, vae: null, upsampler: null, audio: null, image_encoder: null },
  };
  return { golden, params, context };
}

/** Recipe `ltx_pipeline`: prompt embeddings to frames, with the latents after every step; by the nodes that make clips. */
const verifyPipeline: Recipe = async (golden, run, options) => {
  const params = caseParams(golden, paramsSchema);
  const { call } = params;
  const hostOf = async (component: string): Promise<GraphHost> => ({ run, ...options, read: (await golden.openWeights(component)).read });
  const vae = parseLtxVaeConfig(componentConfig(golden, 'vae'), `${golden.name} vae`);
  const transformer = parseLtxTransformerConfig(componentConfig(golden, 'transformer'), `${golden.name} transformer`);
  const reference = pipelinesOfReference[params.pipeline];
  // The case has its first latents as tokens; noise is drawn as latents.
  const startLatents = (): Float32Array => {
    const shape = latentShapeOf({ grid: machine.grid, latentChannels: vae.latent_channels }, sizeOfCall(call));
    return unpackLatents(floatInput(golden, 'latents').data, shape, transformer);
  };
  const transformerHost = await hostOf('transformer');
  const machine = graphMachine({
    vae: { form: ltxVideoVae(vae), host: await hostOf('vae') },
    transformer: { patch: transformer, open: (request) => graphVelocityModel(transformer, transformerHost, request) },
    scheduler: createScheduler(golden.classes.scheduler, componentConfig(golden, 'scheduler')),
    noise: recordedNoise(golden, reference.draws(params, golden), startLatents),
    encodeText: ({ length }) => ({
      prompts: length,
      states: prompts(golden, 'prompt_embeds', length),
      mask: prompts(golden, 'prompt_attention_mask', length),
    }),
  });
  const opened = openCase(golden, machine, vae.latent_channels, params);
  const { given, ...sampling } = reference.sampling(opened);
  const sampled = samplingNodes(opened.context, sampling);
  const decoding = { timestep: call.decode_timestep, noiseScale: call.decode_noise_scale ?? call.decode_timestep };
  const decoded = decodingNode(opened.context, sampled.latents, opened.context.job, decoding);
  const perStep: Float32Array[] = [];
  const kinds = videoKinds({ machine, hooks: { onStep: (_, { state }) => void (state.step > 0 && perStep.push(state.latents)) } });
  const { outputs } = await runGraph({
    graph: [...(given === undefined ? [] : [given]), ...sampled.nodes, decoded.node],
    kinds: new Map([...kinds, ['load-media', goldenMedia(golden, params)]]),
    targets: [decoded.video],
  });
  const video = outputs.get(`${decoded.video.node}.${decoded.video.output}`);
  if (!isTensor(video)) throw new AiprodError('internal', 'the pipeline gave no video');
  return compareOutputs(
    golden,
    new Map([
      ['frames', framesOf(videoOf(video))],
      ['latents_per_step', joinedFloats(perStep)],
      ['timesteps', (typeof sampling.schedule === 'function' ? sampling.schedule(0) : sampling.schedule).timesteps],
    ]),
  );
};

function sizeOfCall({ width, height, num_frames }: Params['call']): Pick<SamplingRequest, 'width' | 'height' | 'frames'> {
  return { width, height, frames: num_frames };
}

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

const recipes: Readonly<Record<string, Recipe>> = {
  ltx_pipeline: verifyPipeline,
  ltx_upsample_pipeline: verifyUpsample,
  ltx2_pipeline: verifyAudioVideoPipeline,
  wan_pipeline: verifyWanPipeline,
};

/** Whether {@link verifyPipelineCase} knows the case's recipe. */
export function verifiesPipelineCase(golden: ModelCase): boolean {
  return golden.recipe in recipes;
}

/** Runs the pipeline of a reference case and pairs what it computes with the reference's numbers. */
export async function verifyPipelineCase(golden: ModelCase, run: GraphRunner, options: VerifyOptions = {}): Promise<Comparison[]> {
  if (!verifiesPipelineCase(golden)) {
    throw new AiprodError('unsupported-model', 'no recipe for this reference case', {
      where: golden.name,
      expected: Object.keys(recipes).join(', '),
      found: golden.recipe,
    });
  }
  return recipes[golden.recipe](golden, run, options);
}
