/** Training data on disk, for Node only. */
export { openLocalSource } from './local-source';
