import { AiprodError } from '../src/errors';
import { acquireDevice, createGpuContext } from '../src/gpu';
import { MemorySink } from '../src/media';
import { openVideoWriter } from '../src/media/browser';
import { openLtxModel, openOnnxTextEncoder, type GeneratorHost, type OnnxTextEncoder } from '../src/pipelines';
import { loadOnnxRuntime } from '../src/text/web';
import { EMBEDDED_MODEL_FILES, fetchFileTree, ONNX_ENCODER_FILES } from '../src/weights';
import { version } from '../package.json';

/** What a browser provides to a generator. `modelsAddress` is the folder on the web server that holds the models. */
export function browserHost(modelsAddress: string): GeneratorHost {
  return {
    generatorName: `AIPROD Studio ${version}`,

    acquire: async () => createGpuContext(await acquireDevice(navigator.gpu, { preference: 'auto', log: (line) => console.info(line) })),

    async openModel(name, { textEncoder }) {
      if (name !== 'embedded') {
        throw new AiprodError('unsupported-model', 'the page has no such model', {
          expected: 'embedded',
          found: name,
          hint: 'Use the command line for models from a folder',
        });
      }
      const folder = fetchFileTree(`${modelsAddress}embedded/`, { files: EMBEDDED_MODEL_FILES });
      return openLtxModel(folder, name, textEncoder === undefined ? undefined : await servedTextEncoder(textEncoder));
    },

    async encode({ width, height, frameRate, frames, recipe, sound }) {
      const sink = new MemorySink();
      const writer = await openVideoWriter(sink, {
        ...{ width, height, frameRate, format: 'mp4', recipe },
        ...(sound === undefined ? {} : { sound: { waveform: sound } }),
      });
      try {
        for (const [index, frame] of frames.entries()) await writer.addFrame(frame, index);
        await writer.finish();
      } catch (error) {
        await writer.abort();
        throw error;
      }
      return { bytes: new Uint8Array(sink.bytes), mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' };
    },
  };
}

/** A text encoder in ONNX form by the address of its folder on a web server that allows to be read from. */
function servedTextEncoder(address: string): Promise<OnnxTextEncoder> {
  return openOnnxTextEncoder({ tree: fetchFileTree(address, { files: ONNX_ENCODER_FILES }), path: 'model.onnx' }, loadOnnxRuntime);
}
