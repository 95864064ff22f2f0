import { z } from 'zod';
import { AUDIO_CODECS } from '../../media';
import { choosePipeline, pipelineNames, presetNames, tilingStrategies, type PipelineName } from '../../pipelines';
import { weightOptions } from '../../weights';
import type { GlobalOptions } from '../global-options';

/** Flags of `aiprod generate`, as the parser leaves them. */
export const optionsSchema = z.object({
  prompt: z.string().optional(),
  negative: z.string().optional(),
  out: z.string().optional(),
  model: z.string().optional(),
  pipeline: z.enum(pipelineNames).optional(),
  preset: z.enum(presetNames).optional(),
  textEncoder: z.string().optional(),
  vae: z.string().optional(),
  imageEncoder: z.string().optional(),
  shift: z.number().optional(),
  lora: z.array(z.object({ path: z.string(), scale: z.number() })).optional(),
  upsampler: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  frames: z.number().optional(),
  fps: z.string().optional(),
  steps: z.number().optional(),
  sigmas: z.array(z.number()).optional(),
  spacing: z.string().optional(),
  solver: z.string().optional(),
  cfg: z.number().optional(),
  stg: z.number().optional(),
  rescale: z.number().optional(),
  image: z.array(z.object({ file: z.string(), frame: z.number(), strength: z.number() })).optional(),
  imageCrf: z.number().optional(),
  video: z.string().optional(),
  strength: z.number().optional(),
  extend: z.number().optional(),
  direction: z.enum(['forward', 'backward']).optional(),
  overlap: z.number().optional(),
  region: z.object({ start: z.number(), end: z.number(), what: z.string().optional() }).optional(),
  audio: z.string().optional(),
  audioStart: z.number().optional(),
  seconds: z.number().optional(),
  loudness: z.number().optional(),
  audioCodec: z.enum(AUDIO_CODECS).optional(),
  modality: z.number().optional(),
  audioCfg: z.number().optional(),
  audioStg: z.number().optional(),
  audioRescale: z.number().optional(),
  audioModality: z.number().optional(),
  refineLora: z.array(z.object({ path: z.string(), scale: z.number() })).optional(),
  downscale: z.number().optional(),
  seed: z.number().optional(),
  tiling: z.enum(['auto', ...tilingStrategies]).optional(),
  weights: z.enum(['auto', ...weightOptions]).optional(),
  job: z.string().optional(),
  recipe: z.string().optional(),
  project: z.string().optional(),
  resume: z.string().optional(),
  count: z.number().default(1),
  saveLatents: z.string().optional(),
  saveFrames: z.string().optional(),
});
export type GenerateOptions = z.output<typeof optionsSchema>;

/** Fields of a job before it is checked. */
export type JobFields = Record<string, unknown>;

/** A job's fields with what the flags say over them. */
export function withFlags(base: JobFields, options: GenerateOptions, globals: GlobalOptions): JobFields {
  const flags: JobFields = {
    prompt: options.prompt,
    negativePrompt: options.negative,
    model: options.model,
    pipeline: options.pipeline ?? (base.pipeline === undefined ? pipelineOfFlags(options) : undefined),
    preset: options.preset,
    textEncoder: options.textEncoder,
    vae: options.vae,
    imageEncoder: options.imageEncoder,
    shift: options.shift,
    loras: lorasOfFlags(options),
    upsampler: options.upsampler,
    width: options.width,
    height: options.height,
    frames: options.frames,
    frameRate: options.fps,
    steps: options.steps,
    sigmas: options.sigmas,
    spacing: options.spacing,
    solver: options.solver === undefined ? undefined : { kind: options.solver },
    guidanceScale: options.cfg,
    stgScale: options.stg,
    guidanceRescale: options.rescale,
    conditions: options.image,
    imageCrf: options.imageCrf,
    video: options.video,
    strength: options.strength,
    extend:
      options.extend === undefined
        ? undefined
        : {
            direction: options.direction ?? 'forward',
            frames: options.extend,
            ...(options.overlap === undefined ? {} : { overlap: options.overlap }),
          },
    region: options.region,
    audio:
      options.audio === undefined
        ? undefined
        : { file: options.audio, ...(options.audioStart === undefined ? {} : { start: options.audioStart }) },
    seconds: options.seconds,
    loudness: options.loudness,
    modalityScale: options.modality,
    audioGuidance: audioGuidanceOfFlags(base, options),
    tiling: options.tiling === undefined || options.tiling === 'auto' ? options.tiling : { strategy: options.tiling },
    reference: options.downscale === undefined ? undefined : { downscaleFactor: options.downscale },
    seed: options.seed,
    weights: options.weights,
    dtype: globals.deterministic ? 'f32' : globals.dtype === 'auto' ? undefined : globals.dtype,
  };
  return { ...base, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) };
}

/** LoRAs of both stages, and those of the second alone. */
function lorasOfFlags({ lora, refineLora }: GenerateOptions): object[] | undefined {
  if (lora === undefined && refineLora === undefined) return undefined;
  return [...(lora ?? []), ...(refineLora ?? []).map(({ path, scale }) => ({ path, scale: 0, refineScale: scale }))];
}

/** Scales of the sound, over those that the job has. */
function audioGuidanceOfFlags(base: JobFields, options: GenerateOptions): object | undefined {
  const given = {
    guidanceScale: options.audioCfg,
    stgScale: options.audioStg,
    guidanceRescale: options.audioRescale,
    modalityScale: options.audioModality,
  };
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(own).length === 0) return undefined;
  return { ...(typeof base.audioGuidance === 'object' ? base.audioGuidance : {}), ...own };
}

/** The pipeline that the flags speak of, where they do not name it. */
function pipelineOfFlags(options: GenerateOptions): PipelineName | undefined {
  if (options.preset !== undefined) return undefined;
  const given = {
    ...(options.image === undefined ? {} : { conditionFrames: options.image.map(({ frame }) => frame) }),
    ...{ extend: options.extend !== undefined, region: options.region !== undefined, audio: options.audio !== undefined },
    ...{ soundAlone: options.seconds !== undefined, reference: options.downscale !== undefined },
    ...{ upsampler: options.upsampler !== undefined, video: options.video !== undefined },
  };
  const chosen = choosePipeline(given);
  // Without anything given the job, or its preset, says it.
  return chosen === 'text-to-video' ? undefined : chosen;
}
