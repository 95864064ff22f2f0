/** What exists only in browsers, and only for pages that ask for it: a bundle that holds this holds onnxruntime too. */
export { loadOnnxRuntime } from './onnx/load-runtime';
