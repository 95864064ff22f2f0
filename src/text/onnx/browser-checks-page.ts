import { loadOnnxRuntime } from './load-runtime';
import { onnxEncoderDifference } from './testing';

declare global {
  var onnxEncoderDifferenceHere: (() => Promise<number>) | undefined;
}

const folder = '/fixtures/onnx-encoder/';

async function read(file: string): Promise<Response | undefined> {
  const response = await fetch(`${folder}${file}`);
  return response.ok ? response : undefined;
}

globalThis.onnxEncoderDifferenceHere = async () => {
  const files = {
    name: folder,
    readText: async (file: string) => (await read(file))?.text(),
    readBytes: async (file: string) => {
      const response = await read(file);
      return response && new Uint8Array(await response.arrayBuffer());
    },
  };
  return onnxEncoderDifference(files, await loadOnnxRuntime());
};
