import { z } from 'zod';
import { AiprodError } from '../errors';
import { parseFrameRate, type FrameRate } from '../media';

/** Longest prompt a job may carry, in characters (UTF-16 code units); no encoder here reads as much. */
export const maxPromptLength = 5_000;

const sizeInPixels = z.int().min(8).max(16_384);

/** A frame rate: frames a second, or an exact ratio such as `30000/1001`; parseFrameRate says what is accepted. */
const frameRate = z.union([z.number(), z.string().max(30)]);

/**
 * What a person asks for: one schema for the page, the command line, the service and the embedded component. Everything but
 * the prompt has a default that comes from the model (see resolveJob). Plain JSON.
 */
export const jobSchema = z.strictObject({
  version: z.literal(1).default(1),
  pipeline: z.literal('text-to-video').default('text-to-video'),
  /** A registered model's name, or a folder in diffusers layout. */
  model: z.string().min(1).max(4096).default('embedded'),
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
  /** Classifier-free guidance scale; 1 turns guidance off. */
  guidanceScale: z.number().min(0).max(100).optional(),
  /** Guidance rescale (Lin et al. 2024), 0 to 1. */
  guidanceRescale: z.number().min(0).max(1).default(0),
  /** Seed of the noise: a whole number below 2^53. The same seed gives the same noise on every machine. */
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  dtype: z.enum(['auto', 'f32', 'f16']).default('auto'),
});

/** A job as it is written down, defaults not filled in. */
export type JobInput = z.input<typeof jobSchema>;
export type Job = z.output<typeof jobSchema>;

/** A job of which every setting is known. */
export interface ResolvedJob extends Required<Omit<Job, 'frameRate'>> {
  readonly frameRate: FrameRate;
}

/** What a model brings to a job: its preferred settings and the sizes it can make. */
export interface ModelTraits {
  readonly defaults: {
    readonly width: number;
    readonly height: number;
    readonly frames: number;
    readonly frameRate: number;
    readonly steps: number;
    readonly guidanceScale: number;
  };
  /** Width and height must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  /** Frames must be this many times n, plus 1. */
  readonly frameMultiple: number;
}

/** Reads a job from JSON of any origin. */
export function parseJob(value: unknown, where = 'job'): Job {
  const parsed = jobSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the job is not valid at ${issue.path.join('.') || 'its top level'}: ${issue.message}`, {
    where,
    hint: 'See docs/jobs.md for the fields of a job',
  });
}

/** Fills in a model's defaults and refuses what the model cannot make, with the nearest that it can. */
export function resolveJob(job: Job, traits: ModelTraits): ResolvedJob {
  const { defaults } = traits;
  const resolved: ResolvedJob = {
    ...job,
    width: job.width ?? defaults.width,
    height: job.height ?? defaults.height,
    frames: job.frames ?? defaults.frames,
    frameRate: parseFrameRate(job.frameRate ?? defaults.frameRate),
    steps: job.steps ?? defaults.steps,
    guidanceScale: job.guidanceScale ?? defaults.guidanceScale,
  };
  const multiple = traits.sizeMultiple;
  const fits = (size: number): boolean => size % multiple === 0;
  if (!fits(resolved.width) || !fits(resolved.height)) {
    throw new AiprodError('bad-input', 'this model cannot make that size', {
      expected: `width and height in multiples of ${multiple} pixels`,
      found: `${resolved.width}x${resolved.height}`,
      hint: `Use --width ${nearestMultiple(resolved.width, multiple)} --height ${nearestMultiple(resolved.height, multiple)}`,
    });
  }
  if ((resolved.frames - 1) % traits.frameMultiple !== 0) {
    throw new AiprodError('bad-input', 'this model cannot make that number of frames', {
      expected: `${traits.frameMultiple} x n + 1 frames`,
      found: String(resolved.frames),
      hint: `Use --frames ${nearestMultiple(resolved.frames - 1, traits.frameMultiple, 0) + 1}`,
    });
  }
  return resolved;
}

function nearestMultiple(value: number, multiple: number, smallest = multiple): number {
  return Math.max(smallest, Math.round(value / multiple) * multiple);
}

/** Frames a second as a number, for model inputs and display. */
export function framesPerSecond(rate: FrameRate): number {
  return rate.numerator / rate.denominator;
}
