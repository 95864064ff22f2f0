/** Training data on disk, for Node only. */
export { openLocalSource } from './local-source';
export { preprocess, type PreprocessReport, type PreprocessRequest, type PreprocessSettings } from './preprocess/preprocess';
export { openDataset, type Dataset } from './open-dataset';
export { loadPreprocessConfig, type PreprocessConfig } from './preprocess/config';
