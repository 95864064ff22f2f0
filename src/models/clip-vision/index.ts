export { clipVisionConfigOfTensors, clipVisionTokens, parseClipVisionConfig, type ClipVisionConfig } from './config';
export { buildClipVisionGraph, clipVisionEncoder } from './encoder';
export { clipVisionPixels } from './pixels';
