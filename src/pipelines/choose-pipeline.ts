import type { PipelineName } from './job';

/** What a person gives besides words; anything else leaves the choice of the pipeline alone. */
export interface GivenInputs {
  /** Frames that images or videos are given for. */
  readonly conditionFrames?: readonly number[];
  readonly video?: boolean;
  readonly extend?: boolean;
  readonly region?: boolean;
  /** A control video for an IC-LoRA. */
  readonly reference?: boolean;
  readonly audio?: boolean;
  /** Sound alone is wanted. */
  readonly soundAlone?: boolean;
  readonly upsampler?: boolean;
  /** The model has learned its guidance by heart. */
  readonly distilled?: boolean;
}

/** The pipeline that does what the inputs speak of: the page's and the command line's choice where nobody names one. */
export function choosePipeline(given: GivenInputs): PipelineName {
  if (given.extend === true) return 'extend';
  if (given.region === true) return 'retake';
  if (given.audio === true) return 'audio-to-video';
  if (given.soundAlone === true) return 'text-to-audio';
  if (given.reference === true) return 'ic-lora';
  if (given.distilled === true && given.video !== true) return 'distilled';
  const frames = given.conditionFrames ?? [];
  const isFirst = frames.length === 0 || (frames.length === 1 && frames[0] === 0);
  if (given.upsampler === true) return isFirst ? 'two-stage' : 'keyframes';
  if (given.video === true) return 'video-to-video';
  if (frames.length === 0) return 'text-to-video';
  return isFirst ? 'image-to-video' : 'keyframes';
}
