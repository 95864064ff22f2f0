/** Ours and onnxruntime-web in one page on one adapter; `measure` is what bench.spec.ts calls. */
import * as ort from 'onnxruntime-web/webgpu';
import { version as ortVersion } from '../../../node_modules/onnxruntime-web/package.json';
import { runBench, suiteNames, type BenchReport } from '../../../src/bench';
import { openOrtContender } from '../../../src/bench/browser';
import { AiprodError } from '../../../src/errors';
import { acquireDevice, createGpuContext } from '../../../src/gpu';

export interface PageRequest {
  readonly suites: readonly string[];
  readonly rounds: number;
  readonly filter?: string;
  readonly large: boolean;
}

declare global {
  interface Window {
    measure?: (request: PageRequest) => Promise<BenchReport>;
  }
}

window.measure = async ({ suites, rounds, filter, large }) => {
  ort.env.wasm.numThreads = 1;
  const gpu = await acquireDevice(navigator.gpu, { preference: 'auto', log: (line) => console.info(line) });
  return runBench({
    suites: suiteNames.filter((name) => suites.includes(name)),
    context: createGpuContext(gpu),
    dtype: 'f32',
    peers: [await openOrtContender(ort, ortVersion)],
    rounds,
    large,
    ...(filter === undefined ? {} : { filter }),
    openModel: () => Promise.reject(new AiprodError('bad-usage', 'the suites of a whole model run in Node', { hint: 'Use aiprod bench' })),
    onProgress: (text) => console.info(text),
    system: { runtime: navigator.userAgent, platform: navigator.platform, processors: navigator.hardwareConcurrency },
  });
};
