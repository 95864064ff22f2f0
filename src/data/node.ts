/** Training data on disk, for Node only. */
export { openLocalSource } from './sources/local-source';
export { preprocess, type PreprocessReport, type PreprocessRequest, type PreprocessSettings } from './preprocess/preprocess';
export { openDataset, type Dataset, type DatasetAccess } from './open-dataset';
export { cachedSource, type CachedSource, type CacheFigures, type CacheOptions } from './sources/zstd-cache';
export { loadPreprocessConfig, preprocessSection, type PreprocessConfig } from './preprocess/config';
