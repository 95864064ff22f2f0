import { z } from 'zod';
import { AiprodError } from '../../errors';
import {
  combinedGuider,
  coordinateTensor,
  guidanceSchema,
  guideTokens,
  holdTokens,
  imageConditioningNoise,
  jointConditioning,
  jointGuider,
  packedShape,
  passesOfRun,
  solverSchema,
  tokenStrengths,
  unpackAudioLatents,
  unpackLatents,
  videoTokensOf,
  type GuidancePass,
  type Guider,
  type LatentConditioning,
  type TokenRun,
} from '../../diffusion';
import { cropVideo, type Video } from '../../models';
import { nodeKind, type NodeContext, type NodeEstimate, type NodeInputs, type NodeKind, type TensorValue } from '../dag';
import type { TokenPositions, TransformerRequest, VideoMachine } from '../video-machine';
import { alongSchedule, scheduleOf, workAlongSchedule, type DenoiseHooks } from './along-schedule';
import { layoutSchema, layTokens, type TokenLayout } from './place-conditions';
import { audioShapeSchema, identitySchema } from './video-value';

const settings = z.strictObject({
  /** See Schedule of src/diffusion. */
  sigmas: z.array(z.number()),
  timesteps: z.array(z.number()),
  layout: layoutSchema,
  /**
   * What holds given tokens: nothing; as they are (`hold`); each at its own noise level (`strengths`, LTXConditionPipeline); by
   * drawing predictions towards them, each token's at its own noise level (`guide`, IC-LoRA of LTX-Video) or all at the schedule's
   * (`guide-at-one-level`, LTX2ConditionPipeline).
   */
  conditioning: z.enum(['none', 'hold', 'strengths', 'guide', 'guide-at-one-level']),
  /** See imageConditioningNoise. */
  imageNoiseScale: z.number().min(0),
  guidance: guidanceSchema,
  /** Blocks to perturb where a term of guidance does not say which. */
  stgBlocks: z.array(z.int().min(0)),
  solver: solverSchema,
  stage: z.union([z.literal(1), z.literal(2)]),
  seed: z.int().min(0),
  model: identitySchema,
});
export { settings as denoiseSettings };
export type DenoiseSettings = z.output<typeof settings>;

/**
 * Noise to latents along a schedule. Inputs: what `place-conditions` and `encode-text` give, and for models with an image encoder
 * `imageStates` and `imageCondition`, of `encode-image` and `place-image`. Output: `latents` [1, C, F, H, W] of
 * the video in the model's units. Its checkpoint is the state after the latest step.
 */
export function denoiseKind(machine: VideoMachine, hooks: DenoiseHooks): NodeKind {
  return nodeKind({
    name: 'denoise',
    version: 1,
    outputs: ['latents'],
    keep: 'store',
    settings,
    estimate: (own) => estimateOf(machine, own),
    async run(inputs, context) {
      const { latents } = await runDenoise(machine, hooks, context.settings, inputs, context);
      return { latents };
    },
  });
}

const audioSettings = settings.extend({
  audio: z.strictObject({
    /** Of the audio latents. */
    shape: audioShapeSchema,
    guidance: guidanceSchema,
    /** Whether some of the audio is given, and stays as it is. */
    given: z.boolean(),
  }),
});
export { audioSettings as denoiseAudioVideoSettings };
export type DenoiseAudioVideoSettings = z.output<typeof audioSettings>;

/**
 * Noise to video and audio latents along one schedule, both together. Inputs as of `denoise`, and: `audioTokens` [1, T, C] to begin
 * with, `audioStrengths` [T], 1 for those that are given, `audioStates`, the text as the audio reads it. Outputs: `latents` as of `denoise`, `audio` [1, C, T, M] in the model's units.
 */
export function denoiseAudioVideoKind(machine: VideoMachine, hooks: DenoiseHooks): NodeKind {
  return nodeKind({
    name: 'denoise-audio-video',
    version: 1,
    outputs: ['latents', 'audio'],
    keep: 'store',
    settings: audioSettings,
    estimate: (own) => estimateOf(machine, own),
    async run(inputs, context) {
      const { latents, audio } = await runDenoise(machine, hooks, context.settings, inputs, context);
      if (audio === undefined) throw new AiprodError('internal', 'no audio was denoised');
      return { latents, audio };
    },
  });
}

type AnyDenoiseSettings = DenoiseSettings & Partial<DenoiseAudioVideoSettings>;

function estimateOf(machine: VideoMachine, own: AnyDenoiseSettings): NodeEstimate {
  return machine.estimates?.transformer(transformerRequest(machine, own), own.layout.latentShape) ?? { totalBytes: 0, weightBytes: 0 };
}

async function runDenoise(
  machine: VideoMachine,
  hooks: DenoiseHooks,
  own: AnyDenoiseSettings,
  inputs: NodeInputs,
  context: Pick<NodeContext<unknown>, 'name' | 'signal' | 'checkpoint' | 'progress'>,
): Promise<{ latents: Video; audio?: TensorValue }> {
  const { layout, seed, audio } = own;
  const noise = machine.noise(seed);
  const start = inputs.tensor('tokens').data;
  const runs = tokenRuns(machine, own, start.length);
  const cut = start.length;
  const ofVideo = conditioningOf(own, inputs.tensor('strengths').data, inputs.tensor('given').data, (step, count) =>
    noise('steps', step, count),
  );
  const conditioning =
    audio === undefined
      ? ofVideo
      : jointConditioning(runs, [ofVideo, audio.given ? holdTokens(inputs.tensor('audioStrengths').data) : undefined]);
  const states = inputs.tensor('states');
  const audioStates = inputs.optionalTensor('audioStates');
  const text = {
    prompts: states.shape[0],
    states: states.data,
    mask: inputs.tensor('mask').data,
    ...(audioStates === undefined ? {} : { audioStates: audioStates.data }),
  };
  const imageStates = inputs.optionalTensor('imageStates');
  const imageCondition = inputs.optionalTensor('imageCondition');
  const image =
    imageStates === undefined || imageCondition === undefined ? {} : { image: { states: imageStates, condition: imageCondition } };
  const request = { ...transformerRequest(machine, own), text, ...image, latentShape: layout.latentShape, seed };
  const final = await alongSchedule(machine, hooks, context, {
    settings: own,
    request,
    guidance: guiderOf(own, runs),
    noise,
    first: () => (audio === undefined ? start : joinedTokens(start, inputs.tensor('audioTokens').data)),
    ...(conditioning === undefined ? {} : { conditioning }),
    ...(audio === undefined ? {} : { tokens: runs }),
    async afterStep({ preview }, { step }, denoised, stops) {
      if (preview === undefined || hooks.onPreview === undefined || step >= own.timesteps.length) return;
      // A run that stops here is looked at: the picture says whether it is worth going on with.
      if (step % preview.every !== 0 && !stops) return;
      const latents = middleFrame(videoLatents(machine, layout, denoised().subarray(0, cut)));
      hooks.onPreview(context.name, step, await preview.decode(latents));
    },
  });
  const latents = videoLatents(machine, layout, final.latents.subarray(0, cut));
  if (audio === undefined) return { latents };
  return { latents, audio: { shape: audio.shape, data: unpackAudioLatents(final.latents.subarray(cut), audio.shape) } };
}

/** The tokens that are denoised together: those of the video, then those of the audio where there is some. */
function tokenRuns(
  machine: Pick<VideoMachine, 'grid'>,
  { layout, audio }: AnyDenoiseSettings,
  videoLength: number,
): readonly [TokenRun, TokenRun] {
  const [, , channels] = packedShape(layout.latentShape, machine.grid.patch);
  const [, audioChannels, frames, bins] = audio?.shape ?? [1, 1, 0, 1];
  return [
    { tokens: videoLength / channels, channels },
    { tokens: frames, channels: audioChannels * bins },
  ];
}

function joinedTokens(video: Float32Array, audio: Float32Array): Float32Array {
  const result = new Float32Array(video.length + audio.length);
  result.set(video);
  result.set(audio, video.length);
  return result;
}

function guiderOf({ guidance, stgBlocks, audio }: AnyDenoiseSettings, [video, sound]: readonly TokenRun[]): Guider {
  const ofVideo = combinedGuider(guidance, { stgBlocks });
  if (audio === undefined) return ofVideo;
  return jointGuider([
    { guider: ofVideo, length: video.tokens * video.channels },
    { guider: combinedGuider(audio.guidance, { stgBlocks }), length: sound.tokens * sound.channels },
  ]);
}

/** What a node asks of the transformer; known without weights. */
export function transformerRequest(machine: Pick<VideoMachine, 'grid'>, own: AnyDenoiseSettings): TransformerRequest {
  const [, tokens, channels] = packedShape(own.layout.latentShape, machine.grid.patch);
  const { audio } = own;
  return {
    passes: passesOfRun(guiderOf(own, tokenRuns(machine, own, tokens * channels)), scheduleOf(own)).distinct,
    positions: positionsOf(machine, own.layout),
    timesteps: own.conditioning === 'none' && audio?.given !== true ? 'sample' : 'token',
    stage: own.stage,
    ...(audio === undefined ? {} : { audio: { frames: audio.shape[2], frameRate: own.layout.frameRate } }),
  };
}

/** Arithmetic of each step; known without weights. */
export function workOfSteps(
  machine: Pick<VideoMachine, 'grid' | 'scheduler'>,
  own: AnyDenoiseSettings,
  flopsOf: (passes: readonly GuidancePass[]) => number,
): number[] {
  const [, tokens, channels] = packedShape(own.layout.latentShape, machine.grid.patch);
  return workAlongSchedule(machine, own, guiderOf(own, tokenRuns(machine, own, tokens * channels)), flopsOf);
}

/** Tokens of the video alone stand on a grid; with extra tokens each has its own coordinates. */
function positionsOf(machine: Pick<VideoMachine, 'grid'>, layout: TokenLayout): TokenPositions {
  const { latentShape, frameRate } = layout;
  const [, , frames, height, width] = latentShape;
  const { patch, ratios } = machine.grid;
  if (layout.positions === 'grid') {
    return {
      frames: frames / patch.patch_size_t,
      height: height / patch.patch_size,
      width: width / patch.patch_size,
      ropeInterpolationScale: [ratios.temporal / frameRate, ratios.spatial, ratios.spatial],
    };
  }
  const { coordinates: axes, bounds } = layTokens(machine, layout);
  const coordinates = coordinateTensor(axes);
  return { coordinates, tokens: coordinates.length / 3, bounds };
}

function conditioningOf(
  { conditioning, imageNoiseScale, layout }: DenoiseSettings,
  strengths: Float32Array,
  given: Float32Array,
  noise: (step: number, count: number) => Float32Array,
): LatentConditioning | undefined {
  // Where nothing is given nothing is drawn either.
  const beforeStep = layout.items.length === 0 ? undefined : imageConditioningNoise(given, strengths, imageNoiseScale, noise);
  switch (conditioning) {
    case 'none':
      return undefined;
    case 'hold':
      return holdTokens(strengths);
    case 'strengths':
      return tokenStrengths(strengths, beforeStep);
    case 'guide':
      return guideTokens(strengths, given, beforeStep);
    case 'guide-at-one-level':
      return guideTokens(strengths, given, beforeStep, 'one');
  }
}

/** The latents of the video [1, C, F, H, W], out of all tokens. */
function videoLatents(machine: VideoMachine, layout: TokenLayout, tokens: Float32Array): Video {
  const { latentShape } = layout;
  const own = videoTokensOf(tokens, layTokens(machine, layout));
  return { shape: latentShape, data: unpackLatents(own, latentShape, machine.grid.patch) };
}

function middleFrame(latents: Video): Video {
  const middle = latents.shape[2] >> 1;
  return cropVideo(latents, { frames: [middle, middle + 1] });
}
