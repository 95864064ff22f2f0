/** Training over the graphs that inference runs: losses, clipping, optimisers, and a whole step as one program. */
export { adamWInputs, adamWNames, traceAdamW, type AdamWOptions, type TrainedParameter } from './adamw';
export { clipFactor, globalNorm } from './clipping';
export { meanSquaredError } from './losses';
export { Trainer, type StepReport } from './trainer';
export { trainingNames, trainingStepGraph, type TrainingStepOptions } from './training-step';
export { verifiesTrainingCase, verifyTrainingCase } from './verify';
