import { audioToVideo } from './audio-to-video';
import type { PipelineName } from '../job';
import type { PipelineDefinition } from './definition';
import { distilled } from './distilled';
import { extend } from './extend';
import { icLora } from './ic-lora';
import { imageToVideo } from './image-to-video';
import { keyframes } from './keyframes';
import { retake } from './retake';
import { textToAudio } from './text-to-audio';
import { textToVideo } from './text-to-video';
import { twoStage } from './two-stage';
import { videoToVideo } from './video-to-video';

export type { PipelineDefinition, PipelineField } from './definition';

/** Every pipeline by name. */
export const definitions: Readonly<Record<PipelineName, PipelineDefinition>> = {
  'text-to-video': textToVideo,
  'image-to-video': imageToVideo,
  keyframes,
  'video-to-video': videoToVideo,
  extend,
  retake,
  'two-stage': twoStage,
  distilled,
  'ic-lora': icLora,
  'audio-to-video': audioToVideo,
  'text-to-audio': textToAudio,
};
