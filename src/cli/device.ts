import { AiprodError } from '../errors';
import { createGpuContext, type GpuContext } from '../gpu';
import { acquireNodeDevice } from '../gpu/node';
import type { GlobalOptions } from './global-options';
import type { Output } from './output';
import { TraceFile } from './trace-file';

/** A device in use by a command. */
export interface OpenContext {
  readonly context: GpuContext;
  /** Gives the device back. With `--trace`, what its kernels took is written first, of a run that failed too. */
  close(): Promise<void>;
}

/** Opens the device that the options ask for. */
export async function openContext(options: GlobalOptions, output: Output): Promise<OpenContext> {
  if (options.deterministic && options.dtype === 'f16') {
    throw new AiprodError('bad-usage', '--deterministic computes in f32', { found: '--dtype f16', hint: 'Leave --dtype out' });
  }
  const gpu = await acquireNodeDevice({ preference: options.device, log: (line) => output.info(line) });
  const context = createGpuContext(gpu, { deterministic: options.deterministic });
  const trace = new TraceFile();
  if (options.trace !== undefined) context.onKernel = (timing) => trace.add(timing);
  return {
    context,
    async close() {
      try {
        if (options.trace !== undefined) await trace.write(options.trace);
      } finally {
        gpu.destroy();
      }
    },
  };
}

/** Runs `body` with a device and gives the device back. */
export async function withContext<T>(options: GlobalOptions, output: Output, body: (context: GpuContext) => Promise<T>): Promise<T> {
  const opened = await openContext(options, output);
  try {
    return await body(opened.context);
  } finally {
    await opened.close();
  }
}
