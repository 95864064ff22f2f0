import { choosePipeline, type JobInput, type KnownMedia, type MediaFacts, type ModelTraits, type PipelineName } from '../../pipelines';
import type { OwnPicture } from '../../../workers';

/** An image, or a short video, that the clip is to show from a frame on. */
export interface KeyframeInput {
  readonly id: string;
  readonly picture: OwnPicture;
  /** Frame of the clip, from 0. */
  readonly frame: number;
  /** 0 (ignored) to 1 (kept as it is). */
  readonly strength: number;
}

/** What a video is given for. */
export const videoUses = ['remake', 'extend', 'retake', 'reference'] as const;
export type VideoUse = (typeof videoUses)[number];

export interface VideoInput {
  readonly picture: OwnPicture;
  readonly use: VideoUse;
  /** Remake: 0 (leave it) to 1 (all new). Reference: how closely it is followed. */
  readonly strength: number;
  readonly extend: { readonly direction: 'forward' | 'backward'; readonly frames: number };
  readonly region: { readonly start: number; readonly end: number; readonly what: 'both' | 'video' | 'audio' };
}

export interface LoraInput {
  readonly name: string;
  readonly scale: number;
}

/** What a clip is made from besides words. */
export interface ClipInputs {
  readonly images: readonly KeyframeInput[];
  readonly video: VideoInput | undefined;
  readonly loras: readonly LoraInput[];
  /** Name of a latent upsampler; empty for none. */
  readonly upsampler: string;
}

export const noInputs: ClipInputs = { images: [], video: undefined, loras: [], upsampler: '' };

/** What a video is given with, before the person says more. */
export function newVideo(picture: OwnPicture, traits: ModelTraits): VideoInput {
  const { frames } = picture.facts;
  return {
    picture,
    use: 'remake',
    strength: 0.7,
    extend: { direction: 'forward', frames: traits.frameMultiple * 2 },
    region: { start: Math.floor(frames / 3), end: Math.max(1, Math.ceil((2 * frames) / 3)), what: 'both' },
  };
}

export interface PipelineChoice {
  readonly chosen: PipelineName;
  /** What the inputs speak of, where the person chose another. */
  readonly automatic: PipelineName;
}

/** The pipeline of a clip: the person's choice, else what the inputs speak of. */
export function pipelineOf(
  { images, video, upsampler }: ClipInputs,
  { audio, own, traits }: { readonly audio: boolean; readonly own: PipelineName | ''; readonly traits: ModelTraits },
): PipelineChoice {
  const automatic = choosePipeline({
    conditionFrames: images.map(({ frame }) => frame),
    ...{
      video: video !== undefined,
      extend: video?.use === 'extend',
      region: video?.use === 'retake',
      reference: video?.use === 'reference',
    },
    ...{ audio, upsampler: upsampler !== '', distilled: traits.defaults.sigmas !== undefined },
  });
  return { automatic, chosen: own === '' ? automatic : own };
}

/** What a job says of the inputs in a pipeline, and what is known of their files. */
export function inputFields(
  { images, video, loras, upsampler }: ClipInputs,
  pipeline: PipelineName,
): { readonly fields: Partial<JobInput>; readonly media: KnownMedia } {
  const media = new Map<string, MediaFacts>();
  for (const { picture } of [...images, ...(video === undefined ? [] : [video])]) media.set(picture.file, picture.facts);
  const conditions = images
    .toSorted((a, b) => a.frame - b.frame)
    .map(({ picture, frame, strength }) => ({ file: picture.file, frame, strength }));
  const fields: Partial<JobInput> = {
    pipeline,
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(loras.length === 0 ? {} : { loras: loras.map(({ name, scale }) => ({ path: name, scale })) }),
    ...(upsampler === '' ? {} : { upsampler }),
    ...(video === undefined ? {} : videoFields(video)),
  };
  return { fields, media };
}

function videoFields({ picture, use, strength, extend, region }: VideoInput): Partial<JobInput> {
  const video = picture.file;
  switch (use) {
    case 'remake':
      return { video, strength };
    case 'extend':
      return { video, extend };
    case 'retake':
      return { video, region };
    case 'reference':
      return { video, reference: { strength } };
  }
}

/** Where an image lands: the model thinks in latent frames, the first of which is one frame, each other `frameMultiple` of them. */
export interface LatentPlace {
  /** From 0. */
  readonly latentFrame: number;
  /** Frames of the clip that the latent frame stands for, both included. */
  readonly first: number;
  readonly last: number;
}

/** The latent frame that holds a frame of the clip. */
export function latentPlace(frame: number, frameMultiple: number): LatentPlace {
  if (frame <= 0) return { latentFrame: 0, first: 0, last: 0 };
  const latentFrame = Math.ceil(frame / frameMultiple);
  return { latentFrame, first: (latentFrame - 1) * frameMultiple + 1, last: latentFrame * frameMultiple };
}

/** Number of latent frames of a clip. */
export const latentFrames = (frames: number, frameMultiple: number): number => Math.floor((frames - 1) / frameMultiple) + 1;

/** The frame that an image snaps to: the first of the clip, or the last of the frames that share its latent frame. */
export function snapFrame(frame: number, frames: number, frameMultiple: number): number {
  const last = Math.max(0, frames - 1);
  const within = Math.min(last, Math.max(0, Math.round(frame)));
  const { latentFrame, last: end } = latentPlace(within, frameMultiple);
  if (latentFrame === 0) return 0;
  return Math.min(last, end);
}

/** First, middle and last: the places that people ask for most. */
export function namedFrame(place: 'first' | 'middle' | 'last', frames: number, frameMultiple: number): number {
  if (place === 'first') return 0;
  return snapFrame(place === 'last' ? frames - 1 : (frames - 1) / 2, frames, frameMultiple);
}

/** A place for one more image: first, last, middle, then the latent frame that is farthest from all others. */
export function freeFrame(taken: readonly number[], frames: number, frameMultiple: number): number {
  const wanted = (['first', 'last', 'middle'] as const).map((place) => namedFrame(place, frames, frameMultiple));
  const free = wanted.find((frame) => !taken.includes(frame));
  if (free !== undefined) return free;
  const all = Array.from({ length: latentFrames(frames, frameMultiple) }, (_, latent) => Math.min(frames - 1, latent * frameMultiple));
  const distance = (frame: number): number => Math.min(...taken.map((other) => Math.abs(other - frame)));
  return all.reduce((best, frame) => (distance(frame) > distance(best) ? frame : best), 0);
}
