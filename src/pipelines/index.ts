export {
  framesPerSecond,
  jobSchema,
  maxPromptLength,
  parseJob,
  resolveJob,
  type Job,
  type JobInput,
  type ModelTraits,
  type ResolvedJob,
} from './job';
export { EtaEstimator, pipelineStages, type PipelineStage, type ProgressEvent } from './progress';
export { fingerprintFile, jobForRecipe, parseRecipe, recipeSchema, type Recipe } from './recipe';
export {
  denoise,
  plainGuider,
  remainingPasses,
  type DenoiseRequest,
  type DenoiseState,
  type PlainGuidance,
  type StepPrediction,
} from './denoise';
export type { GeneratedClip, GeneratorApi, GeneratorDescription, MemoryForecast, SuspendedRun } from './generator-api';
export { adapterName, ltxComponents, type LtxComponent, type LtxModel } from './ltx-model';
export { chooseDtype, latentShapeOf, planTextToVideo, type PlanOptions, type TextToVideoPlan } from './text-to-video-plan';
export { scheduleOf, textToVideo, type TextToVideoRequest, type TextToVideoResult } from './text-to-video';
export { createGenerator, type GeneratorHost } from './generator';
export { openLtxModel } from './open-ltx-model';
export { decodeState, encodeState } from './run-state';
export { type LatentConditioning, type VelocityModel } from './denoise';
export { seededNoise, type NoisePurpose, type NoiseSource } from './noise';
export { conditionedSchedule, shiftedSchedule, type ConditionedScheduleRequest, type ShiftedScheduleRequest } from './schedules';
export { decodeLatents, encodeLatents, type DecodeSettings, type VideoAutoencoder } from './latent-codec';
export { holdTokens, imageToVideoStart, type ConditionedStart, type ImageToVideoRequest } from './image-to-video';
export {
  conditionedVideoStart,
  tokenStrengths,
  withoutKeyframes,
  type ConditionedVideoRequest,
  type ConditionedVideoStart,
  type VideoCondition,
} from './conditioned-video';
export { upsampleLatents, type LatentUpsampleRequest } from './latent-upsample';
export { graphAutoencoder, graphUpsampler, graphVelocityModel, type GraphHost, type VelocityModelOptions } from './graph-models';
export { verifiesPipelineCase, verifyPipelineCase } from './verify';
