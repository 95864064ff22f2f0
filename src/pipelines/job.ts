import { z } from 'zod';
import { AiprodError } from '../errors';
import { guidanceSchema, sigmaSpacingSchema, solverSchema, type GuidanceInput } from '../diffusion';
import { MAX_CRF, type FrameRate } from '../media';
import type { MediaFacts } from './nodes/load-media';
import { presetNames, presets } from './presets';
import { weightOptions } from '../weights/web';
import { tilingSchema } from './tiling/settings';

/** Longest prompt a job may carry, in characters (UTF-16 code units); no encoder here reads as much. */
export const maxPromptLength = 5_000;

const sizeInPixels = z.int().min(8).max(16_384);

/** A frame rate: frames a second, or an exact ratio such as `30000/1001`; parseFrameRate says what is accepted. */
const frameRate = z.union([z.number(), z.string().max(30)]);

/** A file by the name that the place where the job runs knows it under: a path, or the name of a file that was handed over. */
const file = z.string().min(1).max(4096);

const share = z.number().min(0).max(1);

/** An image or video that a part of the clip is to follow. */
const conditionSchema = z.strictObject({
  file,
  /** Frame of the clip that its first frame is for, from 0. */
  frame: z.int().min(0).max(4096).default(0),
  /** 0 (ignored) to 1 (kept as it is). */
  strength: share.default(1),
  /** As extra tokens, or set into the latents; `auto` is what the model was trained for. */
  placement: z.enum(['auto', 'tokens', 'latents']).default('auto'),
});
export type Condition = z.output<typeof conditionSchema>;

/** All pipelines by name; see definitions/. */
export const pipelineNames = [
  'text-to-video',
  'image-to-video',
  'keyframes',
  'video-to-video',
  'extend',
  'retake',
  'two-stage',
  'distilled',
  'ic-lora',
  'audio-to-video',
  'text-to-audio',
] as const;
export type PipelineName = (typeof pipelineNames)[number];

/**
 * What a person asks for: one schema for the page, the command line, the service and the embedded component. Everything but
 * the prompt has a default that comes from the model (see resolveJob). Plain JSON. Versions 1 and 2 had fewer fields and are a version 3.
 */
export const jobSchema = z.strictObject({
  version: z
    .union([z.literal(1), z.literal(2), z.literal(3)])
    .default(3)
    .transform((): 3 => 3),
  pipeline: z.enum(pipelineNames).default('text-to-video'),
  /** Settings for what the job does not say itself; see presets.ts. */
  preset: z.enum(presetNames).optional(),
  /** A registered model's name, or a folder in diffusers layout. */
  model: z.string().min(1).max(4096).default('embedded'),
  /** A T5 or UMT5 encoder with its tokenizer, a folder or a file, for models that have none of their own; or another in ONNX form. */
  textEncoder: file.optional(),
  /** A VAE's file, for models that have none of their own. */
  vae: file.optional(),
  /** A CLIP image encoder, for models of image to video that have none of their own. */
  imageEncoder: file.optional(),
  /** LoRAs for the transformer, all together. */
  loras: z
    .array(
      z.strictObject({
        path: file,
        scale: z.number().min(-100).max(100).default(1),
        /** Its scale in the second of two stages; the same by default. */
        refineScale: z.number().min(-100).max(100).optional(),
      }),
    )
    .max(32)
    .default([]),
  /** A folder that holds a latent upsampler, for two stages. */
  upsampler: file.optional(),
  prompt: z
    .string()
    .max(maxPromptLength)
    .refine((text) => text.trim() !== '', 'the prompt is empty; say what the clip shows'),
  negativePrompt: z.string().max(maxPromptLength).default(''),
  width: sizeInPixels.optional(),
  height: sizeInPixels.optional(),
  /** Frames of the clip: the model's temporal compression times n, plus 1. */
  frames: z.int().min(1).max(4097).optional(),
  frameRate: frameRate.optional(),
  steps: z.int().min(1).max(1000).optional(),
  /** Noise levels of the steps from 1 down, in place of the model's own schedule; a final 0 may be left out. */
  sigmas: z.array(share).min(1).max(1000).optional(),
  /** How the model's schedule is spaced before it is shifted; as the model was released by default. */
  spacing: sigmaSpacingSchema.optional(),
  /** Shift of the noise levels towards noise, for models that shift all alike (Wan 2.1); see ModelTraits. */
  shift: z.number().positive().max(100).optional(),
  /** Classifier-free guidance scale; 1 turns guidance off. */
  guidanceScale: z.number().min(0).max(100).optional(),
  /** Guidance rescale (Lin et al. 2024), 0 to 1. */
  guidanceRescale: share.default(0),
  /** Spatio-temporal guidance scale; 0 is none. */
  stgScale: z.number().min(0).max(100).default(0),
  /** Blocks that spatio-temporal guidance leaves out. */
  stgBlocks: z.array(z.int().min(0).max(1000)).min(1).max(200).optional(),
  /** How strongly picture and sound are drawn towards each other, for models that make both; 1 is not at all. */
  modalityScale: z.number().min(0).max(100).default(1),
  /** The same scales for the sound, where they differ from the picture's. */
  audioGuidance: z
    .strictObject({
      guidanceScale: z.number().min(0).max(100),
      guidanceRescale: share,
      stgScale: z.number().min(0).max(100),
      modalityScale: z.number().min(0).max(100),
    })
    .partial()
    .optional(),
  /** Any combination of guiders, in place of the four scales. */
  guidance: guidanceSchema.optional(),
  /** How steps are taken; the model's own scheduler by default. */
  solver: solverSchema.optional(),
  /** What parts of the clip are to follow. */
  conditions: z.array(conditionSchema).max(64).default([]),
  /**
   * Images are coded by H.264 at this constant rate factor before the model sees them, as it saw the frames of videos: 0 leaves them as they
   * are. The model's own by default: 33 for LTX-2, 0 for the others.
   */
  imageCrf: z.int().min(0).max(MAX_CRF).optional(),
  /** Fresh noise on wholly given tokens before each step of the keyframes pipeline: livelier motion. */
  imageNoiseScale: share.default(0),
  /** The video that video-to-video, extend and retake work on, and the control signal of ic-lora. */
  video: file.optional(),
  /** Video-to-video: 0 (leave it) to 1 (all new). */
  strength: share.optional(),
  extend: z
    .strictObject({
      direction: z.enum(['forward', 'backward']),
      /** Frames to add: a multiple of the model's temporal compression. */
      frames: z.int().min(1).max(4096),
      /** Frames of the video that the new ones are made to follow. */
      overlap: z.int().min(1).max(4096).optional(),
    })
    .optional(),
  /** Audio-to-video: the sound that the clip is made for, and heard with. */
  audio: z
    .strictObject({
      file,
      /** Seconds of it before the clip begins. */
      start: z.number().min(0).max(36_000).default(0),
    })
    .optional(),
  /** Text-to-audio: how long the sound is, in seconds; as long as `frames` would be by default. */
  seconds: z.number().min(0.1).max(600).optional(),
  /** Loudness of the sound that is written, in LUFS; as it is by default. */
  loudness: z.number().min(-70).max(-1).optional(),
  /** Retake: frames [start, end) that are made anew. */
  region: z
    .strictObject({
      start: z.int().min(0).max(4096),
      end: z.int().min(1).max(4097),
      /** What of a video with sound is made anew there; the other stays as it is. */
      what: z.enum(['both', 'video', 'audio']).default('both'),
    })
    .optional(),
  reference: z
    .strictObject({
      /** Size of the clip over that of the reference video as the model sees it. */
      downscaleFactor: z.int().min(1).max(8).default(1),
      strength: share.default(1),
    })
    .optional(),
  /** Two stages: noise levels of the second, and how enlarged latents are corrected. */
  refine: z
    .strictObject({
      sigmas: z.array(share).min(1).max(100).optional(),
      adainFactor: share.default(0),
      toneMapCompression: share.default(0),
      /** Guiders of the second stage; none by default. */
      guidance: guidanceSchema.optional(),
    })
    .optional(),
  /** Seed of the noise: a whole number below 2^53. The same seed gives the same noise on every machine. */
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  dtype: z.enum(['auto', 'f32', 'f16']).default('auto'),
  /**
   * How weights lie in GPU memory (docs/weights.md): `auto` is as stored on a GPU or under a memory budget, else plain; the other
   * encodings quantise while loading.
   */
  weights: z.enum(['auto', ...weightOptions]).default('auto'),
  /** How the video is decoded, and images and videos encoded, where they do not fit at once; see docs/tiling.md. */
  tiling: tilingSchema.default('auto'),
});

/** A job as it is written down, defaults not filled in. */
export type JobInput = z.input<typeof jobSchema>;
export type Job = z.output<typeof jobSchema>;

/** A job of which every setting is known. */
export interface ResolvedJob extends Omit<Job, 'frameRate' | 'preset'> {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly steps: number;
  readonly guidanceScale: number;
}

/** What is known of the files that a job names. */
export type KnownMedia = ReadonlyMap<string, MediaFacts>;

/** What a model brings to a job: its preferred settings and the sizes it can make. */
export interface ModelTraits {
  readonly defaults: {
    readonly width: number;
    readonly height: number;
    readonly frames: number;
    readonly frameRate: number;
    readonly steps: number;
    readonly guidanceScale: number;
    /** Whether width and height are those of the first of two stages, so that an upsampler makes them larger. */
    readonly enlarged?: boolean;
    /** Noise levels of a distilled model, for jobs that say neither these nor a number of steps. */
    readonly sigmas?: readonly number[];
    /** Guiders of the model's own configuration, for jobs that say nothing of guidance. */
    readonly guidance?: GuidanceInput;
  };
  /** Width and height must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  /** Frames must be this many times n, plus 1. */
  readonly frameMultiple: number;
  /** Whether the model was trained to follow extra tokens for key frames; otherwise these are set into the latents. */
  readonly keyframeTokens?: boolean;
  /** Pipelines that the model runs. Default all. */
  readonly pipelines?: readonly PipelineName[];
  /** The rate factor at which images are coded for the model where a job does not say; see Job.imageCrf. Default 0. */
  readonly imageCrf?: number;
  /** Whether an image is given to the model whole, so that no strength can be said. */
  readonly wholeImages?: boolean;
  /** Shift of noise levels, where the model shifts all alike: the usual one, and that of frames of at least so many pixels. */
  readonly shift?: { readonly usual: number; readonly large?: { readonly pixels: number; readonly shift: number } };
  /** IC-LoRA in use: how many times smaller than the clip its reference video is. */
  readonly referenceDownscaleFactor?: number;
  /** Whether the model makes sound with its pictures. */
  readonly sound?: boolean;
  /** How the upsampler that the job names enlarges latents: rows and columns, and frames. */
  readonly upsampling?: { readonly space: number; readonly time: number };
}

/** Reads a job from JSON of any origin; a preset fills in what it does not say. */
export function parseJob(value: unknown, where = 'job'): Job {
  const parsed = jobSchema.safeParse(withPreset(value));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the job is not valid at ${issue.path.join('.') || 'its top level'}: ${issue.message}`, {
    where,
    hint: 'See docs/jobs.md for the fields of a job',
  });
}

function withPreset(value: unknown): unknown {
  const named = z.looseObject({ preset: z.enum(presetNames) }).safeParse(value);
  if (!named.success) return value;
  const { guidance, ...preset } = presets[named.data.preset];
  const saysOwn = guidanceScales.some((field) => named.data[field] !== undefined);
  return { ...preset, ...(guidance === undefined || saysOwn ? {} : { guidance }), ...named.data };
}

/** Fields that `guidance` takes the place of. */
const guidanceScales = ['guidanceScale', 'guidanceRescale', 'stgScale', 'stgBlocks'] as const satisfies readonly (keyof Job)[];

/** Frames a second as a number, for model inputs and display. */
export function framesPerSecond(rate: FrameRate): number {
  return rate.numerator / rate.denominator;
}
