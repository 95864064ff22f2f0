/** Training over the graphs that inference runs: losses, optimisers, schedules, samples to inputs, and the trainer that keeps it on a device. */
export type { AdafactorOptions } from './adafactor';
export { adamWNames, adamWScalars, type AdamWOptions } from './adamw';
export type { AdamW8bitOptions } from './adamw-8bit';
export { clipFactor, globalNorm } from './clipping';
export { judgeLoss, lossRecordSchema, type DivergenceOptions, type LossRecord } from './divergence';
export { learningRateAt, type LearningRateSchedule } from './learning-rate';
export { meanSquaredError } from './losses';
export { lossScaleSchema, nextLossScale, type LossScale, type LossScalingOptions } from './loss-scaling';
export { flowLossName, streamInputs, withFlowLoss, type LearnedStream } from './flow-loss';
export type { MuonOptions } from './muon';
export { optimizerOf, type Optimizer, type OptimizerConfig, type UpdatedParameter } from './optimizer';
export { drawNormal, drawSeed, drawUniform, type DrawKey, type DrawPurpose } from './random-draws';
export { inFileOrder, StatelessTraining, type StatelessOptions, type StatelessStep } from './stateless-training';
export { hostTensorOf, storedTensorOf } from './stored-tensors';
export { hasSound, soundInputs, type SoundInputs, type SoundRequest } from './sound-inputs';
export {
  captionsDropped,
  conditionsOf,
  givesTokens,
  needsCondition,
  referenceDownscale,
  soundConditionsOf,
  strategyInputs,
  type SoundCondition,
  type StrategyInputs,
  type StreamPart,
  type StrategyModel,
  type StrategyRequest,
  type TrainingCondition,
  type TrainingStrategy,
} from './strategies';
export { sampleTimesteps, stretchedLevel, tokenShift, type TimestepSampler } from './timestep-sampling';
export { storedGradientGraph, storedUpdateGraph } from './stored-graphs';
export { Trainer, type MicroBatch, type StepReport, type TrainerOptions } from './trainer';
export type { TrainerState } from './trainer-state';
export {
  gradientGraph,
  trainingNames,
  updateGraph,
  type GradientGraphOptions,
  type LossOptions,
  type UpdateGraphOptions,
} from './training-graphs';
export { verifiesTrainingCase, verifyTrainingCase } from './verify';
export { averageDecay, type WeightAverageOptions } from './weight-average';
export { latentShape, vaeLossInputs, vaeTrainingGraph, vaeTrainingNames, type VaeLossWeights, type VaeTrainingGraphOptions } from './vae';
