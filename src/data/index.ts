/** Training data: samples, the sets that hold them, batches of them. See docs/data.md; `node.ts` has what needs a disk. */
export { batchStreamStateSchema, BatchStream, type BatchStreamOptions, type BatchStreamState, type TrainingBatch } from './batch-stream';
export { viewClip, type ClipViewOptions } from './clip-view';
export type { DataSource, SourceFile } from './data-source';
export { readDescription } from './description';
export { mapConcurrently } from './map-concurrently';
export { readMediaFolder } from './media-folder';
export { FILE_COLUMNS, type MediaItem, type MediaSet } from './media-item';
export { openPrecomputedSet, PRECOMPUTED_FOLDERS, type PrecomputedSetOptions } from './precomputed-set';
export { checkBuckets, formatBucket, nearestBucket, parseBuckets, type ClipSize } from './resolution-buckets';
export { bucketFrames } from './preprocess/clip-pixels';
export type { Captioner, EncodedTensors, SampleEncoder, SoundEncoder, SoundPart } from './preprocess/sample-encoder';
export { isDamage, type SampleSet, type SkippedSample, type TrainingSample } from './sample-set';
export { detectScenes, type Scene, type SceneOptions } from './scenes';
export { validateSet, type SampleReport, type SetDiversity, type SetReport, type ValidateSetOptions } from './validation';
export type { WaitFigures } from './wait-record';
