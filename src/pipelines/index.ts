export {
  framesPerSecond,
  jobSchema,
  maxPromptLength,
  parseJob,
  pipelineNames,
  type Job,
  type JobInput,
  type KnownMedia,
  type ModelTraits,
  type PipelineName,
  type ResolvedJob,
} from './job';
export { choosePipeline, type GivenInputs } from './choose-pipeline';
export { mediaOf, resolveJob, soundsOf } from './resolve-job';
export { presetNames, presets, type PresetName } from './presets';
export { definitions, type PipelineDefinition } from './definitions';
export { guidanceOf } from './guidance-of';
export { EtaEstimator, pipelineStages, type PipelineStage, type ProgressEvent } from './progress';
export { fingerprintFile, jobForRecipe, parseRecipe, recipeSchema, type Recipe } from './recipe';
export {
  denoise,
  evaluationsOfSteps,
  type DenoiseRequest,
  type DenoiseState,
  type LatentConditioning,
  type StepPrediction,
  type VelocityModel,
} from './denoise';
export type {
  ClipSound,
  GeneratedClip,
  GeneratorApi,
  MachineReport,
  GeneratorDescription,
  JobForecast,
  JobSize,
  MemoryForecast,
  RunLimits,
  RunOptions,
  SuspendedRun,
} from './generator-api';
export { adapterName, ltxComponents, type LtxComponent, type LtxModel } from './opening/ltx-model';
export { familyOf, requireLtxVideo, type ModelFamily, type VideoModel } from './model-family';
export { ltx2Components, type Ltx2Component, type Ltx2Model, type Ltx2Release } from './opening/ltx2-model';
export { createGenerator, recipeOf, type GeneratorHost } from './generator';
export { openCheckpoint, type CheckpointLocation } from './opening/open-checkpoint';
export { openLtxCheckpoint, type LtxCheckpointLocation } from './opening/open-ltx-checkpoint';
export type { T5OrOnnx, OnnxTextEncoder } from './opening/text-encoder';
export { openLtxModel } from './opening/open-ltx-model';
export { findOnnxModel, openOnnxTextEncoder } from './opening/open-onnx-text-encoder';
export { openLtx2Checkpoint, type Ltx2CheckpointLocation } from './opening/open-ltx2-checkpoint';
export { LTX2_PIPELINES, openLtx2Model } from './opening/open-ltx2-model';
export { openWanCheckpoint, type WanCheckpointLocation } from './opening/open-wan-checkpoint';
export { openWanModel, WAN_PIPELINES } from './opening/open-wan-model';
export { wanComponents, type WanComponent, type WanModel } from './opening/wan-model';
export type { PartLocation } from './opening/model-parts';
export type { ModelWeights } from './opening/model-weights';
export { openVideoModel } from './opening/open-video-model';
export { lorasOfStage, type PartLoras, type UsedLora } from './stage-loras';
export { withWeights } from './other-weights';
export { openLora, withLoras, type LoraMode, type OpenLora, type ScaledLora } from './lora';
export { openAudioModels, type AudioModelFiles, type OpenAudioModel } from './opening/open-audio-models';
export { openUpsampler, traitsWith, upsamplingOf, type UpsamplerModel } from './opening/open-upsampler';
export { planJob, type JobPlan, type PlanRequest } from './plan-job';
export { runJob, streamJob, type JobResult, type RunJobRequest, type StreamJobRequest } from './run-job';
export type { FrameSink, OpenFrameSink } from './nodes/decode';
export { addChunk, chooseTiling, tilingSchema, tilingStrategies, type TilingChoice, type TilingSettings, type VideoChunk } from './tiling';
export {
  decodeSound,
  decodeVideo,
  encodeSound,
  encodeVideo,
  type DecodeSoundRequest,
  type DecodeVideoRequest,
  type EncodeSoundRequest,
  type EncodeVideoRequest,
  type TranscodeRequest,
} from './transcode';
export { gpuMachine, type GpuMachine } from './gpu-machine';
export { chooseDtype, chooseWeights } from './storage-choice';
export { encodedTokens, memoryPlanner, type BudgetPlan, type MemoryPlanner, type MemoryPlanRequest, type StagePlan } from './plan-memory';
export { describeFit, nearestFit, type NearestFit } from './nearest-fit';
export { clipSound } from './clip-sound';
export { openOutline, outlineAbout, outlineNames } from './opening/outlines';
export { outlinePrefix, outlineTitles, type OutlineName } from './released-names';
export { componentSummaries, type ComponentSummary } from './component-summaries';
export type { MachineMemory, PartMemory } from './machine-memory';
export type { MachinePrograms } from './machine-programs';
export { knownMedia } from './known-media';
export type { MediaFacts, MediaLibrary } from './nodes/load-media';
export { memoryStore, OutputCache, type Json, type NodeStore, type TensorValue } from './dag';
export { decodeState, encodeState } from './run-state';
export { memoryRunStates, type RunStates } from './run-states';
export { seededNoise, type NoisePurpose, type NoiseSource } from './noise';
export { conditionedSchedule, shiftedSchedule, type ConditionedScheduleRequest, type ShiftedScheduleRequest } from './schedules';
export { decodeLatents, encodeLatents, releasedDecodeSettings, type DecodeSettings, type VideoAutoencoder } from './latent-codec';
export { decodeWaveform, encodeWaveform, type AudioAutoencoder, type AudioTensor, type AudioTokens } from './audio-codec';
export { graphAudioAutoencoder, type AudioModels } from './graph-audio';
export { upsampleLatents, type LatentUpsampleRequest } from './latent-upsample';
export { graphAutoencoder, graphUpsampler, graphVelocityModel, type GraphHost } from './graph-models';
export { verifiesPipelineCase, verifyPipelineCase } from './verify';
