/** All that the core loads to write a clip. */
export { MemorySink } from './memory-sink';
export { openMp4Muxer } from './mp4-muxer';
