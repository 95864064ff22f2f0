import { z } from 'zod';
import { createScheduler, type Schedule } from '../diffusion';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput, integerInput } from '../golden';
import { parseFrameRate } from '../media';
import {
  buildConnectorsGraph,
  caseParams,
  componentConfig,
  ltx2ConnectorRows,
  parseLtx2AudioVaeConfig,
  parseLtx2ConnectorsConfig,
  parseLtx2TransformerConfig,
  parseLtx2VaeConfig,
  parseLtx2VocoderConfig,
  type GraphRunner,
  type Ltx2TransformerConfig,
  type LtxVaeConfig,
  type ModelCase,
  type Video,
} from '../models';
import { audioLayoutOf } from './audio-parts';
import { isTensor, nodeKind, runGraph, type NodeKind, type Ref } from './dag';
import { firstFrameConditions } from './definitions/first-frame';
import { graphAudioAutoencoder } from './graph-audio';
import { graphMachine } from './graph-machine';
import { graphAudioVideoModel, type GraphHost } from './graph-models';
import { parseJob, type JobInput, type KnownMedia, type ResolvedJob } from './job';
import { releasedDecodeSettings } from './latent-codec';
import type { EncodedText, VideoMachine } from './video-machine';
import { sampledClip } from './decoding-graph';
import { scheduleOfJob, type GraphContext } from './pipeline-graph';
import { videoKinds } from './video-kinds';
import { videoOf } from './nodes/video-value';
import type { NoiseSource } from './noise';
import { dynamicShift } from './schedules';
import { drawKey, framesOf, pixelInput, recordedNoise, type Recipe, type VerifyOptions } from './verify-parts';
import { ltxVideoVae } from './video-vae';
import { joinedFloats } from '../numeric/joined';

/** Call arguments, with the reference's defaults, which are its settings for LTX-2.0. */
export const audioVideoCallSchema = z.object({
  height: z.number(),
  width: z.number(),
  num_frames: z.number(),
  frame_rate: z.number().default(24),
  num_inference_steps: z.number().default(40),
  sigmas: z.array(z.number()).optional(),
  guidance_scale: z.number().default(3),
  guidance_rescale: z.number().default(0.7),
  stg_scale: z.number().default(1),
  modality_scale: z.number().default(3),
  audio_guidance_scale: z.number().default(7),
  audio_guidance_rescale: z.number().default(0.7),
  audio_stg_scale: z.number().default(1),
  audio_modality_scale: z.number().default(3),
  spatio_temporal_guidance_blocks: z.array(z.number()).default([29]),
  use_cross_timestep: z.boolean().default(true),
});
const paramsSchema = z.object({
  pipeline: z.enum(['LTX2Pipeline', 'LTX2ImageToVideoPipeline']).default('LTX2Pipeline'),
  call: audioVideoCallSchema,
});
export type AudioVideoCall = z.output<typeof audioVideoCallSchema>;
type Params = z.output<typeof paramsSchema>;

/** Recipe `ltx2_pipeline`: a text encoder's states to frames and sound, with the latents after every step; by the nodes that make clips. */
export const verifyAudioVideoPipeline: Recipe = async (golden, run, options) => {
  const params = caseParams(golden, paramsSchema);
  const noise = recordedNoise(golden, [drawKey('latents', 0), drawKey('audio', 0)], () => floatInput(golden, 'latents').data);
  const { machine, vae, transformer } = await audioVideoMachine(golden, run, { ...options, call: params.call, noise });
  const context = contextOf(golden, params, machine, vae.latent_channels, transformer.num_layers);
  const schedule = scheduleOf(context, params);
  const image = params.pipeline === 'LTX2ImageToVideoPipeline';
  const clip = sampledClip(context, {
    schedule,
    ...(image
      ? { conditions: firstFrameConditions(context.job, context.media), conditioning: 'hold' as const }
      : { conditioning: 'none' as const }),
  });
  if (clip.audio === undefined) throw new AiprodError('internal', 'the pipeline makes no sound');
  const perStep: Float32Array[] = [];
  const tokens = latentElements(context);
  const kinds = videoKinds({
    machine,
    hooks: { onStep: (_, { state }) => void (state.step > 0 && perStep.push(state.latents.subarray(0, tokens))) },
  });
  const { outputs } = await runGraph({
    graph: clip.nodes,
    kinds: new Map([...kinds, ['load-media', goldenImage(golden)]]),
    targets: [clip.video, clip.audio],
  });
  const output = ({ node, output: name }: Ref) => {
    const value = outputs.get(`${node}.${name}`);
    if (isTensor(value)) return value;
    throw new AiprodError('internal', `the pipeline gave no ${name}`);
  };
  return compareOutputs(
    golden,
    new Map([
      ['frames', framesOf(videoOf(output(clip.video)))],
      ['audio', output(clip.audio).data],
      ['latents_per_step', joinedFloats(perStep)],
      ['timesteps', schedule.timesteps],
    ]),
  );
};

/** The models of a case, whose graphs are run as they are, with the draws of the case. */
export async function audioVideoMachine(
  golden: ModelCase,
  run: GraphRunner,
  {
    call,
    noise,
    upsample,
    ...options
  }: VerifyOptions & {
    readonly call: Pick<AudioVideoCall, 'use_cross_timestep'>;
    readonly noise: NoiseSource;
    readonly upsample?: (latents: Video) => Promise<Video>;
  },
): Promise<{ readonly machine: VideoMachine; readonly vae: LtxVaeConfig; readonly transformer: Ltx2TransformerConfig }> {
  const hostOf = async (component: string): Promise<GraphHost> => ({ run, ...options, read: (await golden.openWeights(component)).read });
  const configOf = <Config>(component: string, parse: (value: unknown, where: string) => Config): Config =>
    parse(componentConfig(golden, component), `${golden.name} ${component}`);
  const vae = configOf('vae', parseLtx2VaeConfig);
  const transformer = configOf('transformer', parseLtx2TransformerConfig);
  const audioVae = { config: configOf('audio_vae', parseLtx2AudioVaeConfig), host: await hostOf('audio_vae') };
  const vocoder = { config: configOf('vocoder', parseLtx2VocoderConfig), host: await hostOf('vocoder') };
  const transformerHost = await hostOf('transformer');
  const audio = {
    ...audioLayoutOf(audioVae.config, vocoder.config),
    withAutoencoder: async <T>(_: AbortSignal, body: (audio: Awaited<ReturnType<typeof graphAudioAutoencoder>>) => Promise<T>) =>
      body(await graphAudioAutoencoder({ vae: audioVae, vocoder })),
  };
  const machine = graphMachine({
    vae: { form: ltxVideoVae(vae), host: await hostOf('vae') },
    transformer: {
      patch: transformer,
      open: (request) => graphAudioVideoModel(transformer, transformerHost, { ...request, crossTimestep: call.use_cross_timestep }),
    },
    scheduler: createScheduler(golden.classes.scheduler, componentConfig(golden, 'scheduler')),
    noise,
    encodeText: ({ length }) => connectedText(golden, run, options, length),
    audio,
    ...(upsample === undefined ? {} : { upsample }),
  });
  return { machine, vae, transformer };
}

function latentElements({ job, grid, latentChannels }: GraphContext): number {
  const { spatial, temporal } = grid.ratios;
  return latentChannels * ((job.frames - 1) / temporal + 1) * (job.height / spatial) * (job.width / spatial);
}

/** The states of the case's prompts, the negative one first where there are two, through the connectors. */
async function connectedText(golden: ModelCase, run: GraphRunner, options: VerifyOptions, count: number): Promise<EncodedText> {
  const config = parseLtx2ConnectorsConfig(componentConfig(golden, 'connectors'), `${golden.name} connectors`);
  const names = count === 1 ? [''] : ['negative_', ''];
  const states = names.map((name) => floatInput(golden, `${name}prompt_embeds`));
  const masks = names.map((name) => Float32Array.from(integerInput(golden, `${name}prompt_attention_mask`).data));
  const length = states[0].shape[1];
  const attentionMask = joinedFloats(masks);
  const { inputs, mask } = ltx2ConnectorRows(config, attentionMask, { batch: count });
  const { graph } = buildConnectorsGraph(config, { batch: count, length, ...options });
  const { read } = await golden.openWeights('connectors');
  const hidden = joinedFloats(states.map(({ data }) => data));
  const results = await run(graph, { hidden_states: hidden, attention_mask: attentionMask, ...inputs }, read);
  const textOf = (name: string): Float32Array => {
    const data = results.get(name)?.data;
    if (data instanceof Float32Array) return data;
    throw new AiprodError('internal', `the connectors gave no ${name}`);
  };
  return { prompts: count, states: textOf('video_text'), audioStates: textOf('audio_text'), mask };
}

/** The case's own pixels, which are no 8-bit picture, in place of a file. */
function goldenImage(golden: ModelCase): NodeKind {
  return nodeKind({
    name: 'load-media',
    version: 1,
    outputs: ['video'],
    keep: 'never',
    settings: z.object({ file: z.string() }),
    run: (_, { settings: { file } }) => Promise.resolve({ video: pixelInput(golden, file, 'image') }),
  });
}

function contextOf(
  golden: ModelCase,
  { call, pipeline }: Params,
  machine: VideoMachine,
  latentChannels: number,
  blocks: number,
): GraphContext {
  const image = pipeline === 'LTX2ImageToVideoPipeline' ? [{ file: 'image', frame: 0, strength: 1 }] : [];
  const media = new Map(
    image.map(({ file }) => [file, { width: call.width, height: call.height, frames: 1, frameRate: null, fingerprint: '' }]),
  );
  return audioVideoContext(golden, { call, machine, latentChannels, blocks, media, job: { conditions: image } });
}

/** What the graph of a case is drawn from: its call arguments, and what they leave out. */
export function audioVideoContext(
  golden: ModelCase,
  {
    call,
    machine,
    latentChannels,
    blocks,
    media,
    job,
  }: {
    readonly call: AudioVideoCall;
    readonly machine: VideoMachine;
    readonly latentChannels: number;
    readonly blocks: number;
    readonly media: KnownMedia;
    readonly job: Partial<JobInput>;
  },
): GraphContext {
  // Blocks that a small model does not have are left out of no pass, as in the reference.
  const stgBlocks = call.spatio_temporal_guidance_blocks.filter((block) => block < blocks);
  const resolved: ResolvedJob = {
    ...parseJob({
      prompt: 'the case brings its own embeddings',
      guidanceRescale: call.guidance_rescale,
      stgScale: stgBlocks.length === 0 ? 0 : call.stg_scale,
      modalityScale: call.modality_scale,
      ...(stgBlocks.length === 0 ? {} : { stgBlocks }),
      audioGuidance: {
        guidanceScale: call.audio_guidance_scale,
        guidanceRescale: call.audio_guidance_rescale,
        stgScale: stgBlocks.length === 0 ? 0 : call.audio_stg_scale,
        modalityScale: call.audio_modality_scale,
      },
      ...job,
    }),
    width: job.width ?? call.width,
    height: job.height ?? call.height,
    frames: call.num_frames,
    frameRate: parseFrameRate(call.frame_rate),
    steps: call.num_inference_steps,
    guidanceScale: call.guidance_scale,
  };
  return {
    job: resolved,
    media,
    grid: machine.grid,
    latentChannels,
    scheduler: machine.scheduler,
    dynamicShift: dynamicShift(componentConfig(golden, 'scheduler')),
    sampler: 'uniform',
    decode: releasedDecodeSettings,
    posterior: 'mean',
    keyframeTokens: true,
    conditions: { keyframes: 'end', guide: 'guide-at-one-level' },
    textByStage: false,
    upsampling: resolved.upsampler === undefined ? undefined : { space: 2, time: 1 },
    stgBlocks: [],
    guidanceSpace: 'denoised',
    ...(machine.audio === undefined ? {} : { audio: machine.audio }),
    identity: { text_encoder: null, transformer: null, vae: null, upsampler: null, audio: null, image_encoder: null },
  };
}

/** Given noise levels go through the scheduler, as in the reference; a job's own would not be shifted. */
function scheduleOf(context: GraphContext, { call }: Params): Schedule {
  if (call.sigmas === undefined) return scheduleOfJob(context, context.job);
  return context.scheduler.schedule({ sigmas: call.sigmas });
}
