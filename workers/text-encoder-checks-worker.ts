/** For the test of text encoders in a worker: what the worker's host makes of prompts. */
import { expose } from 'comlink';
import { familyOf } from '../src/pipelines';
import { installErrorTransfer } from './error-transfer';
import { browserHost } from './browser-host';
import { createModelLibrary } from './model-library';
import { createOwnMedia } from './own-media';

installErrorTransfer();

const checks = {
  /** The states and mask that the transformer would read, and by what the recipe knows the model's files. */
  async encode(models: string, textEncoder: string, prompts: readonly string[]) {
    const { locate, locateAddOn } = createModelLibrary({ modelsAddress: () => models, onClosed: async () => undefined });
    const model = await browserHost({ locate, locateAddOn, media: createOwnMedia().library }).openModel('embedded', { textEncoder });
    const none = (): never => {
      throw new Error('a text encoder in ONNX form has no programs');
    };
    const { states, mask } = await familyOf(model).encodeText(
      prompts,
      { batch: prompts.length, stage: 1 },
      Object.assign(none, { keeping: none }),
      new AbortController().signal,
    );
    const files = await model.fingerprints();
    await model.close();
    return { states: [...states], mask: [...mask], files };
  },
};

export type TextEncoderChecks = typeof checks;

expose(checks);
