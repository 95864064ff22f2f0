import { pickRows } from '../graph';
import type { ParameterSource } from './parameters';
import { bytesOf } from './safetensors-writer';

/**
 * Weights of which some have other values, in f32 whatever they were stored as; others stay as they are.
 * @param replaces whether a weight is one of them
 * @param load its values, row-major
 */
export function replaceWeights(
  base: ParameterSource,
  replaces: (name: string) => boolean,
  load: (name: string) => Promise<Float32Array<ArrayBuffer>>,
): ParameterSource {
  return {
    ...base,
    dtype: (name) => (replaces(name) ? 'F32' : base.dtype(name)),
    encoding: (name) => (replaces(name) ? { encoding: 'f32' } : base.encoding(name)),
    async stored(name) {
      if (!replaces(name)) return base.stored(name);
      return { encoding: 'f32', shape: base.shape(name), bytes: new Uint8Array(bytesOf(await load(name))) };
    },
    async read(name) {
      if (!replaces(name)) return base.read(name);
      return { dtype: 'F32', shape: base.shape(name), bytes: new Uint8Array(bytesOf(await load(name))) };
    },
    load: async (name) => (replaces(name) ? load(name) : base.load(name)),
    async loadRows(name, rows) {
      return replaces(name) ? pickRows(await load(name), rows, base.shape(name)[1]) : base.loadRows(name, rows);
    },
  };
}
