import type { OnnxRuntime } from './open-onnx-encoder';

/** onnxruntime-web's WebAssembly build for Node. Its threads are workers that nothing ends, so it has one. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  const runtime = await import('onnxruntime-web');
  runtime.env.wasm.numThreads = 1;
  return runtime;
}
