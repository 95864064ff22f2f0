/** What needs no React and no GPU: projects and their edits, jobs, recipes, clips written as MP4. */
export { AiprodError, type ErrorCode, type ErrorDetails } from '../errors';
export * from '../project';
export { jobSchema, parseJob, parseRecipe, recipeSchema, type Job, type JobInput, type Recipe } from '../pipelines/web';
export {
  openMemorySink,
  openMp4Muxer,
  type AudioCodec,
  type ByteSink,
  type ClipMuxer,
  type CodedPicture,
  type CodedStretch,
  type MemorySink,
  type MuxedSound,
  type MuxerOptions,
  type VideoCodec,
} from '../media/web';
