import { AiprodError } from '../errors';
import { createGpuContext, type GpuContext } from '../gpu';
import { acquireNodeDevice } from '../gpu/node';
import type { GlobalOptions } from './global-options';
import type { Output } from './output';

/** The device that the options ask for. */
export async function acquireContext(options: GlobalOptions, output: Output): Promise<GpuContext> {
  const gpu = await acquireNodeDevice({ preference: options.device, log: (line) => output.info(line) });
  return createGpuContext(gpu, { deterministic: options.deterministic });
}

/** Runs `body` with a device and gives the device back. */
export async function withContext<T>(options: GlobalOptions, output: Output, body: (context: GpuContext) => Promise<T>): Promise<T> {
  if (options.deterministic && options.dtype === 'f16') {
    throw new AiprodError('bad-usage', '--deterministic computes in f32', { found: '--dtype f16', hint: 'Leave --dtype out' });
  }
  const context = await acquireContext(options, output);
  try {
    return await body(context);
  } finally {
    context.gpu.destroy();
  }
}
