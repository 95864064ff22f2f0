import { waveformSource } from '../src/audio';
import { acquireDevice, createGpuContext } from '../src/gpu';
import { MemorySink } from '../src/media';
import { openVideoWriter } from '../src/media/browser';
import {
  openLora,
  outlinePrefix,
  openOnnxTextEncoder,
  openOutline,
  openUpsampler,
  openVideoModel,
  type GeneratorHost,
  type MediaLibrary,
  type OnnxTextEncoder,
  type OpenLora,
} from '../src/pipelines';
import { opfsRunStates } from '../src/pipelines/browser';
import { loadOnnxRuntime } from '../src/text/web';
import { fetchFileTree, ONNX_ENCODER_FILES } from '../src/weights';
import { version } from '../package.json';
import type { ModelLibrary } from './model-library';

/** What a browser provides to a generator. */
export interface BrowserParts extends Pick<ModelLibrary, 'locate' | 'locateAddOn'> {
  readonly media: MediaLibrary;
}

export function browserHost({ locate, locateAddOn, media }: BrowserParts): GeneratorHost {
  /** LoRAs by their name and that of the model that they were opened for: headers are read once. */
  const loras = new Map<string, Promise<OpenLora>>();
  return {
    media,
    runStates: opfsRunStates(),
    generatorName: `AIPROD Studio ${version}`,

    acquire: async () => createGpuContext(await acquireDevice(navigator.gpu, { preference: 'auto', log: (line) => console.info(line) })),

    async openModel(name, { textEncoder }) {
      // A released model of which nothing is here yet: what it needs can be asked, nothing can be made.
      const outline = name.startsWith(outlinePrefix) ? await openOutline(name.slice(outlinePrefix.length)) : undefined;
      if (outline !== undefined) return outline;
      const checkpoint = await locate(name);
      return openVideoModel(
        { checkpoint, ...(textEncoder === undefined ? {} : { textEncoder: await servedTextEncoder(textEncoder) }) },
        name,
      );
    },

    openLora(name, model) {
      const key = JSON.stringify([name, model.name]);
      const opened = loras.get(key) ?? openLora(locateAddOn(name, 'lora'), model, name);
      loras.set(key, opened);
      // One that does not fit is looked at anew: its folder may have been opened again.
      opened.catch(() => loras.delete(key));
      return opened;
    },

    async openUpsampler(name) {
      const { tree, path } = locateAddOn(name, 'upsampler');
      return openUpsampler(tree, name, path);
    },

    async encode({ width, height, frameRate, frames, recipe, sound }) {
      const sink = new MemorySink();
      const writer = await openVideoWriter(sink, {
        ...{ width, height, frameRate, format: 'mp4', recipe },
        ...(sound === undefined ? {} : { sound: { source: waveformSource(sound) } }),
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
