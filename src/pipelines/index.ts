export { framesPerSecond, jobSchema, maxPromptLength, parseJob, resolveJob, type Job, type JobInput, type ModelTraits, type ResolvedJob } from './job';
export { EtaEstimator, pipelineStages, type PipelineStage, type ProgressEvent } from './progress';
export { fingerprintFile, jobForRecipe, parseRecipe, recipeSchema, type Recipe } from './recipe';
export { denoise, guide, type DenoiseRequest, type DenoiseState, type StepPrediction } from './denoise';
export type { GeneratedClip, GeneratorApi, GeneratorDescription, MemoryForecast, SuspendedRun } from './generator-api';
export { adapterName, ltxComponents, type LtxComponent, type LtxModel } from './ltx-model';
export { chooseDtype, latentShapeOf, planTextToVideo, type PlanOptions, type TextToVideoPlan } from './text-to-video-plan';
export { scheduleOf, textToVideo, type TextToVideoRequest, type TextToVideoResult } from './text-to-video';
export { createGenerator, type GeneratorHost } from './generator';
