/** Weights on disk, for Node only: never import this from code that the browser bundles. */
export { openNodeFile } from './byte-source-node';
export { openNodeFolder } from './file-tree-node';
export { modelsDirectory, nodeStoreFiles } from './store/store-files-node';
export { writePackedFile, type PackedFileRequest } from './pack-node';
export { writeWhole } from './write-whole-node';
