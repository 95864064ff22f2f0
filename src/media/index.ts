/**
 * Media: frames in, files out, for Node and the browser. This entry is safe in both; writers are opened through `./node` and
 * `./browser`, which have the same `openVideoWriter`, `availableFormats`, `openVideo`, `readImage` and `readFrames`.
 */
export { formatFrameRate, isFrameRate, parseFrameRate, secondsOfFrame } from './frame-rate';
export { frameToRgba, rgbaToRgb, rgbToRgba, tensorToFrames, type VideoTensorLayout, type VideoTensorShape } from './frames';
export { MAX_CRF } from './compress-image';
export { FOREIGN_BYTES, foreignFormat } from './foreign-format';
export { freeFileName } from './free-file-name';
export { formatOfPath, isSoundPath } from './format-of-path';
export { MemorySink } from './memory-sink';
export { readRecipe } from './read-recipe';
export { MAX_RECIPE_BYTES } from './recipe';
export { createClipFrames, type ClipFrames, type Kept } from './clip-frames';
export { createFrameCache, type CacheReport, type Direction, type FrameCache } from './frame-cache';
export { createSoundPool, type SoundPool } from './sound-pool';
export type { SoundFile } from './sound-file';
export type { SoundFacts } from './sound-reader';
export { encodeWav } from './wav';
export {
  AUDIO_CODECS,
  AUDIO_CODECS_OF_FORMAT,
  CODECS_OF_FORMAT,
  VIDEO_FORMATS,
  type AudioCodec,
  type ByteSink,
  type DecodedImage,
  type DecodedVideo,
  type FormatReport,
  type FrameRange,
  type FrameRate,
  type Picture,
  type Quality,
  type SoundOptions,
  type VideoCodec,
  type VideoFormat,
  type VideoReader,
  type VideoWriter,
  type VideoWriterOptions,
} from './types';
export { rgbaToYuv, yuvByteLength, yuvToRgba, type ChromaSampling, type YuvMatrix } from './yuv';
export { chromaSize, planesToRgba, type StoredMatrix, type StoredSampling, type YuvLayout, type YuvPlanes } from './yuv-planes';
export { centreCrop, fitFrames, fitImage, type FitOptions, type FrameTensor } from './fit-frames';
