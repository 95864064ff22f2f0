/** The page of `browser.test.ts`: the checks here and in a Web Worker, both under one global name. */
import { wrap } from 'comlink';
import * as checks from './browser-checks';

const worker = new Worker(new URL('./browser-checks-worker.ts', import.meta.url), { type: 'module' });
const places = { page: checks, worker: wrap<typeof checks>(worker) };

declare global {
  var mediaChecks: typeof places | undefined;
}

globalThis.mediaChecks = places;
