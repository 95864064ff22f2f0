/** What of pipelines exists only in Node. */
export { folderStore } from './folder-store';
export { writeWhole } from '../weights/node';
export { nodeMedia } from './node-media';
export { openVideoSink, type Clip } from './write-video';
