/** What of pipelines exists only in Node. */
export { folderStore } from './folder-store';
export { writeWhole } from '../weights/node';
export { nodeMedia } from './node-media';
export { openVideoSink, type Clip } from './write-video';
// Data sets read files that no page does.
export { sampleEncoder } from './sample-encoder';
