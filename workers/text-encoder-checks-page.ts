/** The page of the test of text encoders: hands on to the worker. */
import { wrap } from 'comlink';
import type { TextEncoderChecks } from './text-encoder-checks-worker';

declare global {
  var encodeInWorker: TextEncoderChecks['encode'] | undefined;
}

const worker = wrap<TextEncoderChecks>(new Worker(new URL('./text-encoder-checks-worker.ts', import.meta.url), { type: 'module' }));
globalThis.encodeInWorker = (models, textEncoder, prompts) => worker.encode(models, textEncoder, prompts);
