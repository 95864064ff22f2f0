/** Text to what a model reads. */
export * from './tokenizers';
export { openOnnxEncoder, type OnnxEncoderOptions, type OnnxRuntime } from './onnx/open-onnx-encoder';
export { encodePrompts, type PromptBatch, type PromptEncoder, type PromptStates } from './prompt-encoder';
