import { lowRankNames, pickRows, type LowRankAdapter } from '../graph';
import { addProduct, type Lora } from './lora';
import { missingTensor } from './missing-tensor';
import type { ParameterSource } from './parameters';
import { replaceWeights } from './replaced';

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
  return withDeltas(base, loras, ({ lora, scale }, name) => [
    ...(lora.ranks.has(name)
      ? [async (sum: Float64Array): Promise<void> => addProduct(sum, await lora.load(name), scale, base.shape(name)[1])]
      : []),
    ...differenceOf({ lora, scale }, name),
  ]);
}

/** Adds to the values of a weight. */
type Delta = (sum: Float64Array) => Promise<void>;

function differenceOf({ lora, scale }: AppliedLora, name: string): Delta[] {
  if (!lora.differences.has(name)) return [];
  return [
    async (sum) => {
      const difference = await lora.loadDifference(name);
      for (let k = 0; k < sum.length; k++) sum[k] += scale * difference[k];
    },
  ];
}

/** Weights with what LoRAs add to them, as {@link fuseLoras} says. */
function withDeltas(
  base: ParameterSource,
  loras: readonly AppliedLora[],
  deltasOf: (applied: AppliedLora, name: string) => readonly Delta[],
): ParameterSource {
  const acting = loras.filter(({ scale }) => scale !== 0);
  const changing = (name: string): readonly Delta[] => acting.flatMap((applied) => deltasOf(applied, name));
  return replaceWeights(
    base,
    (name) => changing(name).length > 0,
    async (name) => {
      const sum = Float64Array.from(await base.load(name));
      for (const add of changing(name)) await add(sum);
      return Float32Array.from(sum);
    },
  );
}

/** LoRAs beside a graph's layers: see `addLowRankBranches`. */
export interface LiveLoras {
  /** For the graph pass. */
  readonly adapters: readonly LowRankAdapter[];
  /** The scales, as inputs of the graph. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** The base weights, untouched but for whole differences, and the adapters' matrices under the names that the graph pass gives them. */
  readonly source: ParameterSource;
}

/**
 * LoRAs as branches of their own over any base, quantised ones too; the scales may change from run to run. Whole differences have no
 * branches: they are added to the parameters while these are read, at the scales that are given here.
 */
export function liveLoras(stored: ParameterSource, loras: readonly AppliedLora[]): LiveLoras {
  const base = withDeltas(stored, loras, differenceOf);
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
