/** The worker that owns the GPU: a generator for the page, through Comlink. */
import * as Comlink from 'comlink';
import { createGenerator, type GeneratedClip, type GeneratorApi, type SuspendedRun } from '../src/pipelines';
import { browserHost } from './browser-host';
import { installErrorTransfer } from './error-transfer';

installErrorTransfer();

// The built worker lies in the build's assets folder, one below the page; in development the page is at the root.
const page = new URL(import.meta.env.PROD ? '../' : '/', import.meta.url);
const generator = createGenerator(browserHost(new URL('models/', page).href));

const exposed: GeneratorApi = {
  ...generator,
  generate: async (job, onEvent) => handOver(await generator.generate(job, onEvent)),
  resume: async (onEvent) => handOver(await generator.resume(onEvent)),
};

/** A clip's memory moves to the page: copying large frames would make it stutter. */
function handOver(outcome: GeneratedClip | SuspendedRun): GeneratedClip | SuspendedRun {
  if ('suspended' in outcome) return outcome;
  return Comlink.transfer(outcome, [outcome.pixels.buffer, outcome.file.bytes.buffer, outcome.latents.buffer]);
}

Comlink.expose(exposed);
