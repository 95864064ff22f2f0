/** What exists only in Node. */
export { loadOnnxRuntime } from './onnx/load-runtime-node';
