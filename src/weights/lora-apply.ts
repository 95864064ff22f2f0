import { lowRankNames, pickRows, type LowRankAdapter } from '../graph';
import type { Lora } from './lora';
import { missingTensor } from './missing-tensor';
import type { ParameterSource } from './parameters';
import { bytesOf } from './safetensors-writer';

/** A LoRA in use. */
export interface AppliedLora {
  readonly lora: Lora;
  /** Any number; 1 is what it was trained for, 0 is none of it. */
  readonly scale: number;
}

/**
 * Weights with LoRAs added when they are read: `W + sum of s alpha / rank B A`, summed in f64 and rounded to f32 once. Weights that
 * change become f32 whatever they were stored as; others stay as they are.
 */
export function fuseLoras(base: ParameterSource, loras: readonly AppliedLora[]): ParameterSource {
  const changing = (name: string): readonly AppliedLora[] => loras.filter(({ lora, scale }) => scale !== 0 && lora.ranks.has(name));
  const load = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const weight = await base.load(name);
    const deltas = changing(name);
    if (deltas.length === 0) return weight;
    const sum = Float64Array.from(weight);
    for (const { lora, scale } of deltas) addProduct(sum, await lora.load(name), scale, base.shape(name)[1]);
    return Float32Array.from(sum);
  };
  return {
    ...base,
    dtype: (name) => (changing(name).length > 0 ? 'F32' : base.dtype(name)),
    encoding: (name) => (changing(name).length > 0 ? { encoding: 'f32' } : base.encoding(name)),
    async stored(name) {
      if (changing(name).length === 0) return base.stored(name);
      return { encoding: 'f32', shape: base.shape(name), bytes: new Uint8Array(bytesOf(await load(name))) };
    },
    async read(name) {
      if (changing(name).length === 0) return base.read(name);
      return { dtype: 'F32', shape: base.shape(name), bytes: new Uint8Array(bytesOf(await load(name))) };
    },
    load,
    async loadRows(name, rows) {
      return changing(name).length === 0 ? base.loadRows(name, rows) : pickRows(await load(name), rows, base.shape(name)[1]);
    },
  };
}

/** sum [N, K] += scale * up [N, rank] * down [rank, K] */
function addProduct(
  sum: Float64Array,
  { rank, down, up }: { readonly rank: number; readonly down: Float32Array; readonly up: Float32Array },
  scale: number,
  width: number,
): void {
  const features = sum.length / width;
  for (let row = 0; row < features; row++) {
    const start = row * width;
    for (let r = 0; r < rank; r++) {
      const factor = scale * up[row * rank + r];
      const from = r * width;
      for (let k = 0; k < width; k++) sum[start + k] += factor * down[from + k];
    }
  }
}

/** LoRAs beside a graph's layers: see `addLowRankBranches`. */
export interface LiveLoras {
  /** For the graph pass. */
  readonly adapters: readonly LowRankAdapter[];
  /** The scales, as inputs of the graph. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** The base weights, untouched, and the adapters' matrices under the names that the graph pass gives them. */
  readonly source: ParameterSource;
}

/** LoRAs as branches of their own over any base, quantised ones too; the scales may change from run to run. */
export function liveLoras(base: ParameterSource, loras: readonly AppliedLora[]): LiveLoras {
  const adapters = loras.map(({ lora }, index) => ({ name: String(index), ranks: lora.ranks }));
  const inputs = Object.fromEntries(loras.map(({ scale }, index) => [lowRankNames.scale(String(index)), Float32Array.of(scale)]));
  const matrices = new Map<string, { readonly shape: readonly number[]; load(): Promise<Float32Array> }>();
  loras.forEach(({ lora }, index) => {
    for (const [weight, rank] of lora.ranks) {
      if (!base.has(weight)) throw missingTensor(weight, base.name, base.names());
      const [features, width] = base.shape(weight);
      const part = (name: 'down' | 'up', shape: readonly number[]): void => {
        matrices.set(lowRankNames[name](weight, String(index)), { shape, load: async () => (await lora.load(weight))[name] });
      };
      part('down', [rank, width]);
      part('up', [features, rank]);
    }
  });
  const load = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const matrix = matrices.get(name);
    return matrix === undefined ? base.load(name) : new Float32Array(await matrix.load());
  };
  const source: ParameterSource = {
    name: base.name,
    *names() {
      yield* base.names();
      yield* matrices.keys();
    },
    has: (name) => matrices.has(name) || base.has(name),
    shape: (name) => matrices.get(name)?.shape ?? base.shape(name),
    dtype: (name) => (matrices.has(name) ? 'F32' : base.dtype(name)),
    encoding: (name) => (matrices.has(name) ? { encoding: 'f32' } : base.encoding(name)),
    async stored(name) {
      if (!matrices.has(name)) return base.stored(name);
      return { encoding: 'f32', shape: source.shape(name), bytes: new Uint8Array((await load(name)).buffer) };
    },
    async read(name) {
      if (!matrices.has(name)) return base.read(name);
      const values = await load(name);
      return { dtype: 'F32', shape: source.shape(name), bytes: new Uint8Array(values.buffer) };
    },
    load,
    async loadRows(name, rows) {
      return matrices.has(name) ? pickRows(await load(name), rows, source.shape(name)[1]) : base.loadRows(name, rows);
    },
  };
  return { adapters, inputs, source };
}
