/** Training data on disk, for Node only. */
export { openLocalSource } from './sources/local-source';
export { preprocess, type PreprocessReport, type PreprocessRequest, type PreprocessSettings } from './preprocess/preprocess';
export { accessOf, accessSection, cacheSection } from './access-config';
export { folderCaptioner } from './preprocess/onnx-captioner';
export { openDataset, openPlace, type Dataset, type DatasetAccess, type OpenedPlace } from './open-dataset';
export { openClip } from './preprocess/media-files';
export { cachedSource, type CachedSource, type CacheFigures, type CacheOptions } from './sources/zstd-cache';
export { loadPreprocessConfig, preprocessSection, type PreprocessConfig } from './preprocess/config';
