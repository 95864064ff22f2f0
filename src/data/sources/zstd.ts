import { init } from '@bokuweb/zstd-wasm';

export { compress, decompress } from '@bokuweb/zstd-wasm';

let loading: Promise<void> | undefined;

/** Loads zstd, once for the process: a second loading takes the memory from under the first. */
export function loadZstd(): Promise<void> {
  return (loading ??= init());
}
