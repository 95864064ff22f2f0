/** Training runs: their configuration, what they would take, the run itself and what watches it. Node only. */
export { sampleFolders } from './config/to-training';
export { loadTrainingConfig, watchConfig, type ConfigWatch, type TrainingConfig } from './config';
export type { TrainingProgress } from './run/progress';
export { planTraining, type TrainingPlan } from './run/training-plan';
export { runTraining, type TrainingResult, type TrainingRunRequest } from './run/run-training';
