import type { OnnxRuntime } from './open-onnx-encoder';

/** onnxruntime-web's WebAssembly build: 13 MB that only a page loads which opens an ONNX model. For browsers; `load-runtime-node.ts` is for Node. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  return import('onnxruntime-web/wasm');
}
