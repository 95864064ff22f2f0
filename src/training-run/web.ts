/** What a page reads of a training run's folder. Safe in a browser. */
export { runFiles, sampleFolder, sampleOfPath, type SampleFile } from './run-files';
export { parseMetrics, type StepMetrics } from './step-metrics';
