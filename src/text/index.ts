/** Text to what a model reads. */
export * from './tokenizers';
export { readOnnxInterface, type OnnxInterface, type OnnxValue } from './onnx/onnx-interface';
export type { CaptionedPicture } from './onnx/image-processor';
export { openOnnxCaptioner, type OnnxCaptioner } from './onnx/open-onnx-captioner';
export { encoderOutput, openOnnxEncoder, type OnnxEncoderOptions, type OnnxRuntime } from './onnx/open-onnx-encoder';
export { encodePrompts, type PromptBatch, type PromptEncoder, type PromptStates } from './prompt-encoder';
