/** Training data: samples, the sets that hold them, batches of them. See docs/data.md; `node.ts` has what needs a disk. */
export { batchStreamStateSchema, BatchStream, type BatchStreamOptions, type BatchStreamState, type TrainingBatch } from './batch-stream';
export type { DataSource, SourceFile } from './data-source';
export { openPrecomputedSet, PRECOMPUTED_FOLDERS, type PrecomputedSetOptions } from './precomputed-set';
export { isDamage, type SampleSet, type SkippedSample, type TrainingSample } from './sample-set';
export type { WaitFigures } from './wait-record';
