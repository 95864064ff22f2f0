import {
  audioLatentFrames,
  combinedGuider,
  packedShape,
  passesOfRun,
  type AudioLatentShape,
  type ConditioningItem,
  type Guidance,
  type PatchSize,
  type Schedule,
  type Scheduler,
  type ShiftAnchors,
} from '../diffusion';
import { AiprodError } from '../errors';
import type { VideoShape } from '../models';
import type { Json, NodeGraph, NodeSpec, Ref } from './dag';
import { audioGuidanceOf, guidanceOf } from './guidance-of';
import { framesPerSecond, type KnownMedia, type ResolvedJob } from './job';
import type { DecodeSettings } from './latent-codec';
import type { FrameRate } from '../media';
import type { AudioLayout } from './audio-parts';
import type { GivenTokens } from './model-family';
import type { Stage, VideoMachine } from './video-machine';
import type { DenoiseSettings } from './nodes/denoise-latents';
import type { MediaRange } from './nodes/load-media';
import { noiseNode } from './nodes/noise';
import type { TokenLayout } from './nodes/place-conditions';
import { ref } from './nodes/video-value';
import { conditionedSchedule, shiftedSchedule } from './schedules';
import type { SigmaSampler } from './opening/ltx-releases';

/** What a pipeline's graph is drawn from: the job, and what is known of the model without its weights. */
export interface GraphContext {
  readonly job: ResolvedJob;
  readonly media: KnownMedia;
  readonly grid: VideoMachine['grid'];
  readonly latentChannels: number;
  readonly scheduler: Scheduler;
  readonly dynamicShift: ShiftAnchors | undefined;
  /** How noise levels are spaced where a job gives none. */
  readonly sampler: SigmaSampler;
  /** What a timestep-conditioned VAE is decoded with. */
  readonly decode: DecodeSettings;
  /** What is taken of the posterior of given images and videos. */
  readonly posterior: 'draw' | 'mean';
  /** See ModelTraits. */
  readonly keyframeTokens: boolean;
  /** Blocks that spatio-temporal guidance leaves out where the job does not say which. */
  readonly stgBlocks: readonly number[];
  /** What the guidance of a job is applied to where it does not say. */
  readonly guidanceSpace?: Guidance['space'];
  /** How what is given takes part in denoising. */
  readonly conditions: GivenTokens;
  /** Whether LoRAs act on the text differently in two stages. */
  readonly textByStage: boolean;
  /** How an upsampler enlarges latents, where the job names one. */
  readonly upsampling: Upsampling | undefined;
  /** The model's sound; absent where it makes none. */
  readonly audio?: GraphAudio;
  /** What the model's image encoder takes; absent where images take the place of latents. */
  readonly image?: { readonly size: number };
  /** By what the weights of each component are recognised. */
  readonly identity: Readonly<Record<'text_encoder' | 'transformer' | 'vae' | 'upsampler' | 'audio' | 'image_encoder', Json>>;
}

/** How many times as many rows and columns, and latent frames less one, an upsampler makes. */
export interface Upsampling {
  readonly space: number;
  readonly time: number;
}

/** What a graph needs to know of a model's sound. */
export type GraphAudio = Pick<AudioLayout, 'channels' | 'bins' | 'rate' | 'sampleRate'>;

/** The graph of a pipeline that makes a clip, and what comes out of it. */
export interface ClipGraph {
  readonly nodes: NodeGraph;
  /** [1, 3, F, H, W], about -1 to 1. */
  readonly video: Ref;
  /** [1, C, F, H, W] in the model's units. */
  readonly latents: Ref;
  /** [channels, samples], -1 to 1; absent where there is no sound. */
  readonly audio?: Ref;
  /** Samples a second of the sound. Default: what the model makes. */
  readonly soundRate?: number;
}

/** The graph of a pipeline that makes sound alone. */
export interface SoundGraph extends Required<Pick<ClipGraph, 'nodes' | 'audio'>> {
  readonly video?: undefined;
}

export type PipelineGraph = ClipGraph | SoundGraph;

/** Latents that were sampled: of the video, and of the audio where the model makes sound. */
export interface SampledLatents {
  readonly nodes: readonly NodeSpec[];
  readonly latents: Ref;
  readonly audio?: Ref;
}

/** Media that is encoded and set among the tokens. */
export interface GraphCondition {
  readonly media: Omit<MediaRange, 'width' | 'height'>;
  /** How much smaller than the clip it is encoded. Default 1. */
  readonly downscaleFactor?: number;
  /** What its latents are for; `frames` is the range of them that an item takes. */
  readonly items: readonly { readonly item: ConditioningItem; readonly frames?: readonly [number, number] }[];
}

export interface SamplingRequest {
  /** A second stage has nodes and LoRAs of its own. Default 1. */
  readonly stage?: Stage;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Frames a second. Default: the job's. */
  readonly frameRate?: number;
  /** Noise levels, or what they are with so many tokens beside those of the video. */
  readonly schedule: Schedule | ((extraTokens: number) => Schedule);
  readonly conditions?: readonly GraphCondition[];
  readonly conditioning: DenoiseSettings['conditioning'];
  readonly imageNoiseScale?: number;
  readonly positions?: TokenLayout['positions'];
  readonly extraTokens?: TokenLayout['extraTokens'];
  readonly causalKeyframes?: boolean;
  /** Latents to begin from in place of pure noise, brought to the schedule's first noise level. */
  readonly refine?: Ref;
  /** Audio latents to begin from in the same way; default pure noise. */
  readonly refineAudio?: Ref;
  /** Audio latents that are given and stay, but for latent frames [from, to) that are made anew. */
  readonly sound?: { readonly latents: Ref; readonly free?: readonly [from: number, to: number] };
  /** Default: the job's. */
  readonly guidance?: Guidance;
  /** The first frame as models read it that have an image encoder: see {@link imageNodes}. */
  readonly image?: { readonly states: Ref; readonly condition: Ref };
  /** Of the sound. Default: the job's. */
  readonly audioGuidance?: Guidance;
}

/** Of the latents of a clip. */
export function latentShapeOf(
  { grid: { ratios }, latentChannels }: Pick<GraphContext, 'grid' | 'latentChannels'>,
  { width, height, frames }: { readonly width: number; readonly height: number; readonly frames: number },
): VideoShape {
  return [1, latentChannels, (frames - 1) / ratios.temporal + 1, height / ratios.spatial, width / ratios.spatial];
}

/** Of the audio latents of a clip. */
export function audioShapeOf(
  { channels, bins, rate }: GraphAudio,
  { frames, frameRate }: { readonly frames: number; readonly frameRate: FrameRate },
): AudioLatentShape {
  return [1, channels, audioLatentFrames(frames, framesPerSecond(frameRate), rate), bins];
}

/** The schedule of a job whose pipeline has none of its own: the job's sigmas, or the model's, shifted. */
export function scheduleOfJob(
  context: GraphContext,
  size: { readonly width: number; readonly height: number; readonly frames: number },
  extraTokens = 0,
): Schedule {
  const { job, scheduler, dynamicShift, grid } = context;
  if (job.sigmas !== undefined) return fixedSchedule(job.sigmas);
  if (job.spacing === undefined && context.sampler === 'scheduler')
    return scheduler.schedule({ steps: job.steps, ...(job.shift === undefined ? {} : { shift: job.shift }) });
  if (job.spacing === undefined && context.sampler === 'linear-quadratic')
    return conditionedSchedule(scheduler, { steps: job.steps, denoiseStrength: 1 });
  const [, tokens] = packedShape(latentShapeOf(context, size), grid.patch);
  const { steps, spacing, shift } = job;
  return shiftedSchedule(scheduler, { steps, tokens: tokens + extraTokens, anchors: dynamicShift, spacing, shift });
}

/** A schedule of given noise levels, which nothing shifts; ends at 0. */
export function fixedSchedule(levels: readonly number[]): Schedule {
  const steps = levels.at(-1) === 0 ? levels.slice(0, -1) : levels;
  return { sigmas: Float32Array.from([...steps, 0]), timesteps: Float32Array.from(steps, (sigma) => sigma * 1000) };
}

/** Loads media and encodes it; the name of each pair of nodes ends with `name`. */
export function encodingNodes(
  context: GraphContext,
  name: string,
  index: number,
  media: MediaRange,
): { readonly nodes: NodeSpec[]; readonly video: Ref; readonly latents: Ref; readonly shape: VideoShape } {
  const frames = media.lead + media.count + media.tail;
  const { width, height } = media;
  return {
    nodes: [
      { name: `load${name}`, kind: 'load-media', inputs: {}, settings: media, placement: 'cpu' },
      {
        name: `encode${name}`,
        kind: 'encode-latents',
        inputs: { video: ref(`load${name}`, 'video') },
        settings: {
          seed: context.job.seed,
          index,
          posterior: context.posterior,
          shape: [1, 3, frames, height, width],
          model: context.identity.vae,
        },
        placement: 'gpu',
      },
    ],
    video: ref(`load${name}`, 'video'),
    latents: ref(`encode${name}`, 'latents'),
    shape: latentShapeOf(context, { width, height, frames }),
  };
}

/** An image to what models read of it that have an image encoder: its states, and channels beside the latents of the clip. */
export function imageNodes(
  context: GraphContext,
  media: Omit<MediaRange, 'width' | 'height'>,
): { readonly nodes: readonly NodeSpec[]; readonly states: Ref; readonly condition: Ref } {
  const { job, identity, image } = context;
  if (image === undefined) throw new AiprodError('internal', 'the model has no image encoder');
  const { width, height } = job;
  const seen = { ...media, width: image.size, height: image.size, fit: 'shortest-side', filter: 'bicubic' } as const;
  return {
    nodes: [
      { name: 'load-seen', kind: 'load-media', inputs: {}, settings: seen, placement: 'cpu' },
      {
        name: 'encode-image',
        kind: 'encode-image',
        inputs: { video: ref('load-seen', 'video') },
        settings: { model: identity.image_encoder },
        placement: 'gpu',
      },
      { name: 'load-first', kind: 'load-media', inputs: {}, settings: { ...media, width, height }, placement: 'cpu' },
      {
        name: 'place-image',
        kind: 'place-image',
        inputs: { video: ref('load-first', 'video') },
        settings: { seed: job.seed, latentShape: [...latentShapeOf(context, job)], model: identity.vae },
        placement: 'gpu',
      },
    ],
    states: ref('encode-image', 'states'),
    condition: ref('place-image', 'condition'),
  };
}

/** Text and noise to latents, with whatever is given set among the noise. */
export function samplingNodes(context: GraphContext, request: SamplingRequest): SampledLatents {
  const { job, identity } = context;
  const { stage = 1, conditioning, width, height } = request;
  const suffix = stage === 1 ? '' : '-2';
  const guidance = request.guidance ?? guidanceOf(job, context.guidanceSpace);
  const latentShape = latentShapeOf(context, request);
  const nodes: NodeSpec[] = [];
  const inputs: { readonly latents: Ref; readonly shape: VideoShape }[] = [];
  const items: TokenLayout['items'] = [];
  const itemNoise: Ref[] = [];
  for (const [index, { media, downscaleFactor = 1, items: own }] of (request.conditions ?? []).entries()) {
    const fitted = { ...media, width: width / downscaleFactor, height: height / downscaleFactor };
    const encoded = encodingNodes(context, `-condition-${index}${suffix}`, index, fitted);
    nodes.push(...encoded.nodes);
    for (const { item, frames } of own) {
      const [batch, channels, all, rows, columns] = encoded.shape;
      const length = frames === undefined ? all : Math.min(frames[1], all) - frames[0];
      if (length <= 0) continue;
      const range = frames === undefined ? {} : { frames: [frames[0], frames[0] + length] satisfies [number, number] };
      if (item.kind === 'keyframe' || item.kind === 'reference') {
        const name = `keyframe-noise-${index}${suffix}`;
        nodes.push(noiseNode(name, { seed: job.seed, purpose: 'keyframe', index, shape: [batch, channels, length, rows, columns] }));
        items.push({ item, input: inputs.length, noise: itemNoise.length, ...range });
        itemNoise.push(ref(name, 'noise'));
      } else items.push({ item, input: inputs.length, ...range });
    }
    inputs.push({ latents: encoded.latents, shape: encoded.shape });
  }
  const layout: TokenLayout = {
    latentShape: [...latentShape],
    inputs: inputs.map(({ shape }): TokenLayout['inputs'][number] => [...shape]),
    items,
    frameRate: request.frameRate ?? framesPerSecond(job.frameRate),
    positions: request.positions ?? 'grid',
    extraTokens: request.extraTokens ?? 'end',
    ...(request.causalKeyframes === undefined ? {} : { causalKeyframes: request.causalKeyframes }),
  };
  const [text, noise, place, denoise] = ['text', 'noise', 'place', 'denoise'].map((name) => `${name}${suffix}`);
  const schedule = typeof request.schedule === 'function' ? request.schedule(extraTokensOf(layout, context.grid.patch)) : request.schedule;
  const audioGuidance = audioGuidanceOfRequest(context, request, guidance);
  const negative = [guidance, ...(audioGuidance === undefined ? [] : [audioGuidance])].some((own) =>
    passesOfRun(combinedGuider(own, { stgBlocks: context.stgBlocks }), schedule)
      .distinct.flat()
      .some(({ prompt }) => prompt === 'negative'),
  );
  const settings: DenoiseSettings = {
    sigmas: [...schedule.sigmas],
    timesteps: [...schedule.timesteps],
    layout,
    conditioning,
    imageNoiseScale: request.imageNoiseScale ?? 0,
    guidance,
    stgBlocks: [...context.stgBlocks],
    solver: job.solver ?? { kind: 'scheduler' },
    stage,
    seed: job.seed,
    model: identity.transformer,
  };
  nodes.push(
    {
      name: text,
      kind: 'encode-text',
      inputs: {},
      settings: {
        prompts: negative ? [job.negativePrompt, job.prompt] : [job.prompt],
        stage: context.textByStage ? stage : 1,
        model: identity.text_encoder,
      },
      placement: 'gpu',
    },
    noiseNode(noise, { seed: job.seed, purpose: suffix === '' ? 'latents' : 'secondStage', index: 0, shape: latentShape }),
    {
      name: place,
      kind: 'place-conditions',
      inputs: {
        noise: ref(noise, 'noise'),
        latents: inputs.map(({ latents }) => latents),
        itemNoise,
        ...(request.refine === undefined ? {} : { given: request.refine }),
      },
      settings: {
        layout,
        ...(request.refine === undefined ? {} : { sigma: schedule.sigmas[0], noisesConditions: context.conditions.keyframes === 'end' }),
      },
      placement: 'cpu',
    },
  );
  const denoiseInputs = {
    tokens: ref(place, 'tokens'),
    given: ref(place, 'given'),
    strengths: ref(place, 'strengths'),
    states: ref(text, 'states'),
    mask: ref(text, 'mask'),
    ...(request.image === undefined ? {} : { imageStates: request.image.states, imageCondition: request.image.condition }),
  };
  if (context.audio === undefined || audioGuidance === undefined) {
    nodes.push({ name: denoise, kind: 'denoise', inputs: denoiseInputs, settings, placement: 'gpu' });
    return { nodes, latents: ref(denoise, 'latents') };
  }
  const shape = [...audioShapeOf(context.audio, job)];
  const { sound } = request;
  const given = sound?.latents ?? request.refineAudio;
  const [noiseAudio, placeAudio] = ['noise-audio', 'place-audio'].map((name) => `${name}${suffix}`);
  nodes.push(
    noiseNode(noiseAudio, { seed: job.seed, purpose: 'audio', index: suffix === '' ? 0 : 1, shape }),
    {
      name: placeAudio,
      kind: 'place-audio',
      inputs: { noise: ref(noiseAudio, 'noise'), ...(given === undefined ? {} : { given }) },
      settings: sound === undefined ? { shape, sigma: schedule.sigmas[0] } : { shape, sigma: 0, free: [...(sound.free ?? [0, 0])] },
      placement: 'cpu',
    },
    {
      name: denoise,
      kind: 'denoise-audio-video',
      inputs: {
        ...denoiseInputs,
        audioTokens: ref(placeAudio, 'tokens'),
        audioStrengths: ref(placeAudio, 'strengths'),
        audioStates: ref(text, 'audioStates'),
      },
      settings: { ...settings, audio: { shape, guidance: audioGuidance, given: sound !== undefined } },
      placement: 'gpu',
    },
  );
  return { nodes, latents: ref(denoise, 'latents'), audio: ref(denoise, 'audio') };
}

/** Text and noise to a sound without a picture. */
export function soundSamplingNodes(
  context: GraphContext,
  { shape, schedule, guidance }: { readonly shape: AudioLatentShape; readonly schedule: Schedule; readonly guidance: Guidance },
): { readonly nodes: readonly NodeSpec[]; readonly audio: Ref } {
  const { job, identity, stgBlocks } = context;
  const negative = passesOfRun(combinedGuider(guidance, { stgBlocks }), schedule)
    .distinct.flat()
    .some(({ prompt }) => prompt === 'negative');
  const prompts = negative ? [job.negativePrompt, job.prompt] : [job.prompt];
  const nodes: NodeSpec[] = [
    { name: 'text', kind: 'encode-text', inputs: {}, settings: { prompts, stage: 1, model: identity.text_encoder }, placement: 'gpu' },
    noiseNode('noise-audio', { seed: job.seed, purpose: 'audio', index: 0, shape }),
    {
      name: 'place-audio',
      kind: 'place-audio',
      inputs: { noise: ref('noise-audio', 'noise') },
      settings: { shape: [...shape], sigma: 1 },
      placement: 'cpu',
    },
    {
      name: 'denoise',
      kind: 'denoise-sound',
      inputs: {
        tokens: ref('place-audio', 'tokens'),
        states: ref('text', 'states'),
        mask: ref('text', 'mask'),
        audioStates: ref('text', 'audioStates'),
      },
      settings: {
        sigmas: [...schedule.sigmas],
        timesteps: [...schedule.timesteps],
        shape: [...shape],
        guidance,
        stgBlocks: [...stgBlocks],
        solver: job.solver ?? { kind: 'scheduler' },
        seed: job.seed,
        model: identity.transformer,
      },
      placement: 'gpu',
    },
  ];
  return { nodes, audio: ref('denoise', 'audio') };
}

/** The sound's guiders: none where all of it is given, else those of the request or the job. */
function audioGuidanceOfRequest(context: GraphContext, request: SamplingRequest, guidance: Guidance): Guidance | undefined {
  if (context.audio === undefined) return undefined;
  if (request.sound !== undefined && request.sound.free === undefined) return { space: guidance.space, terms: [] };
  return request.audioGuidance ?? audioGuidanceOf(context.job, context.guidanceSpace);
}

/** Tokens of a layout beside those of the video. */
function extraTokensOf({ inputs, items }: TokenLayout, patch: PatchSize): number {
  return items.reduce((sum, { item, input, frames }) => {
    if (item.kind !== 'keyframe' && item.kind !== 'reference') return sum;
    const [batch, channels, all, rows, columns] = inputs[input];
    const own = frames === undefined ? all : frames[1] - frames[0];
    return sum + packedShape([batch, channels, own, rows, columns], patch)[1];
  }, 0);
}

/** The latents of a clip that is sampled once. */
export function sampledLatents(context: GraphContext, request: Omit<SamplingRequest, 'width' | 'height' | 'frames'>): SampledLatents {
  const { width, height, frames } = context.job;
  return samplingNodes(context, { ...request, width, height, frames });
}
