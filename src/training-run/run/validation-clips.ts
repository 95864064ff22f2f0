import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GpuContext } from '../../gpu';
import { frameToRgba } from '../../media';
import { encodePng } from '../../media/node';
import { AiprodError } from '../../errors';
import {
  knownMedia,
  mediaOf,
  parseJob,
  planJob,
  recipeOf,
  resolveJob,
  streamJob,
  type JobInput,
  type VideoChunk,
  type VideoModel,
} from '../../pipelines';
import { nodeMedia, openVideoSink } from '../../pipelines/node';
import type { TrainingConfig } from '../config';

export interface ValidationRequest {
  /** With the weights of the moment. */
  readonly model: VideoModel;
  readonly settings: TrainingConfig['validation'];
  readonly dtype: 'auto' | 'f32' | 'f16';
  readonly context: GpuContext;
  /** Where the clips go. */
  readonly folder: string;
  /** Name and version for recipes. */
  readonly generator: string;
  readonly memoryBudget?: number;
  readonly signal: AbortSignal;
}

/** A clip that was made, and some of its frames beside each other. */
export interface ValidationClip {
  readonly prompt: string;
  readonly path: string;
  readonly strip: { readonly width: number; readonly height: number; readonly png: Uint8Array };
}

/** Frames of a clip that a strip shows. */
const shownFrames = 4;

/**
 * Makes a clip of every validation prompt, and of its first frame where one is given, through the pipeline that `aiprod generate` runs, and writes each as
 * an MP4, with its sound where the model makes sound.
 * @throws AiprodError 'cancelled', and whatever keeps a pipeline from running: 'bad-input' for a size, 'out-of-memory', ...
 */
export async function makeValidationClips(request: ValidationRequest): Promise<ValidationClip[]> {
  const { settings, folder } = request;
  if (settings.prompts.length > 0) await mkdir(folder, { recursive: true });
  const clips: ValidationClip[] = [];
  for (const [index, prompt] of settings.prompts.entries()) {
    const image = settings.images.at(index);
    clips.push(await makeClip(request, { prompt, ...firstFrame(request.model, image) }, join(folder, `${index}.mp4`)));
  }
  return clips;
}

/** How a job says what its clip begins with. @throws AiprodError 'bad-input' for a model that makes nothing without an image */
function firstFrame({ name, traits }: VideoModel, image: string | undefined): Pick<JobInput, 'pipeline' | 'conditions'> {
  if (image !== undefined) return { pipeline: 'image-to-video', conditions: [{ file: image }] };
  if (traits.pipelines === undefined || traits.pipelines.includes('text-to-video')) return {};
  throw new AiprodError('bad-input', 'validation clips of this model begin with an image', {
    where: name,
    expected: 'validation.images, one for each prompt',
    found: 'none',
  });
}

async function makeClip(
  request: ValidationRequest,
  shown: Pick<JobInput, 'prompt' | 'pipeline' | 'conditions'>,
  path: string,
): Promise<ValidationClip> {
  const { model, settings, context, signal, generator, dtype, memoryBudget } = request;
  const { width, height, frames, frame_rate: frameRate, inference_steps: steps, guidance_scale: guidanceScale } = settings;
  const wanted = { width, height, frames, frameRate, steps, guidanceScale };
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const asked = parseJob({ model: model.name, ...shown, negativePrompt: settings.negative_prompt, seed: settings.seed, dtype, ...given });
  const media = await knownMedia(mediaOf(asked), nodeMedia);
  const job = resolveJob(asked, model.traits, media);
  const plan = planJob({ model, job, context, previews: false, media, ...(memoryBudget === undefined ? {} : { memoryBudget }) });
  const recipe = await recipeOf(generator, { job, gpu: context, plan });
  const strip = new FrameStrip(job.width, job.height, job.frames);
  await streamJob({
    plan,
    media: nodeMedia,
    signal,
    targets: { video: [path] },
    async openSink(target, shape, sound) {
      const sink = await openVideoSink(target, 'mp4', shape, { frameRate: job.frameRate, recipe }, sound);
      return {
        ...sink,
        async add(chunk) {
          strip.add(chunk);
          await sink.add(chunk);
        },
      };
    },
  });
  return { prompt: job.prompt, path, strip: strip.finish() };
}

/** Evenly spaced frames of a clip, from left to right. */
class FrameStrip {
  private readonly shown: readonly number[];
  private readonly pixels: Uint8Array;

  constructor(
    private readonly width: number,
    private readonly height: number,
    frames: number,
  ) {
    const count = Math.min(shownFrames, frames);
    this.shown = Array.from({ length: count }, (_, k) => Math.round((k * (frames - 1)) / Math.max(1, count - 1)));
    this.pixels = new Uint8Array(count * width * height * 4);
  }

  add({ firstFrame, video }: VideoChunk): void {
    const [, , frames, height, width] = video.shape;
    for (const [place, frame] of this.shown.entries()) {
      const inChunk = frame - firstFrame;
      if (inChunk < 0 || inChunk >= frames) continue;
      const rgba = frameToRgba(video.data, { layout: 'CFHW', frames, height, width }, inChunk);
      for (let row = 0; row < height; row++) {
        const line = rgba.subarray(row * width * 4, (row + 1) * width * 4);
        this.pixels.set(line, (row * this.shown.length + place) * width * 4);
      }
    }
  }

  finish(): ValidationClip['strip'] {
    const width = this.width * this.shown.length;
    return { width, height: this.height, png: encodePng(this.pixels, width, this.height) };
  }
}
