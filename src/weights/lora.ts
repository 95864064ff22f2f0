import { AiprodError } from '../errors';
import { adapterScaling, parseAdapterConfig, type AdapterConfig } from './lora-config';
import { loraResolver, parseLoraKey, withoutLoraPrefix, type LoraKeyStyle, type LoraPart } from './lora-keys';
import { nearestNames } from './nearest-names';
import type { ParameterSource, RenameRules } from './parameters';
import { shorten } from './strict-json';

/** What a LoRA may change. */
export interface LoraTargets {
  /** Shapes of a model's parameters by their names, e.g. `transformer_blocks.0.attn1.to_q.weight`; those of two axes are of dense layers. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
  /** How the original checkpoint's names become these. */
  readonly renaming: Pick<RenameRules, 'rules'>;
}

/** A LoRA for one weight: W + s B A. */
export interface LoraMatrices {
  readonly rank: number;
  /** A, [rank, K] */
  readonly down: Float32Array;
  /** B, [N, rank], with `alpha / rank` multiplied in */
  readonly up: Float32Array;
}

/** An open LoRA (Hu et al. 2021) that fits a model; its matrices are read when asked for. */
export interface Lora {
  /** Name for messages: the file's. */
  readonly name: string;
  readonly keyStyle: LoraKeyStyle;
  /** Rank by the name of the dense weight that is changed. */
  readonly ranks: ReadonlyMap<string, number>;
  /**
   * Parameters that something of their own shape is added to: biases, norms and tables, of which some LoRAs hold whole differences
   * (`diff`, `diff_b`, `diff_m`), and weights of convolutions.
   */
  readonly differences: ReadonlySet<string>;
  /** IC-LoRA: how many times smaller than the video its reference videos are, a whole number of at least 1; undefined when it does not say. */
  readonly referenceDownscaleFactor: number | undefined;
  /** The loaders throw AiprodError 'not-finite' when a number is NaN or infinite. */
  load(weight: string): Promise<LoraMatrices>;
  /** What is added to one of the differences' parameters, in its order. */
  loadDifference(parameter: string): Promise<Float32Array>;
}

/** Where a LoRA is read from. */
export interface LoraSource extends Pick<ParameterSource, 'name' | 'names' | 'shape' | 'load'> {
  /** `__metadata__` of the file. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** PEFT's adapter_config.json beside it, parsed. */
  readonly adapterConfig?: unknown;
}

/** The matrices for one weight: names in the file. */
interface LoraModule extends Partial<Record<LoraPart, string>> {
  /** As the file has it. */
  readonly name: string;
  /** The weight. */
  readonly target: string;
}

/** A LoRA's tensors by the parameters that they change. */
interface CollectedLora {
  readonly modules: ReadonlyMap<string, LoraModule>;
  /** Whole differences: names in the file. */
  readonly differences: ReadonlyMap<string, string>;
  readonly keyStyle: LoraKeyStyle;
}

interface CheckedModule {
  readonly down: string;
  readonly up: string;
  readonly rank: number;
}

/**
 * Opens a LoRA in any of the key styles and checks that all of it fits the model; reads only the alphas.
 *
 * @throws AiprodError 'bad-weights', one for everything that does not fit, with the nearest names; 'unsupported-model' for DoRA,
 *   LoHa, LoKr and other adapters that are no LoRA.
 */
export async function readLora(source: LoraSource, targets: LoraTargets): Promise<Lora> {
  const { modules, differences, keyStyle } = collectTensors(source, targets);
  const config = parseAdapterConfig(source);
  if (config?.use_dora === true) throw otherAdapter(source.name, 'DoRA', 'use_dora in its configuration');
  const problems: string[] = [];
  const dense = new Map<string, CheckedModule & { readonly factor: number }>();
  const kernels: typeof dense = new Map();
  for (const [weight, module] of modules) {
    const shape = targets.parameters.get(weight) ?? [];
    const matrices = checkShapes(source, module, shape, problems);
    if (matrices === undefined) continue;
    const factor = await scaleFactor(source, module, matrices.rank, config);
    (shape.length === 2 ? dense : kernels).set(weight, { ...matrices, factor });
  }
  for (const [parameter, tensor] of differences) checkDifference(source, tensor, targets.parameters.get(parameter) ?? [], problems);
  const twice = [...kernels.keys()].find((weight) => differences.has(weight));
  if (twice !== undefined) problems.push(`${twice} is changed by matrices and by a whole difference`);
  if (problems.length > 0) throw misfit(source.name, problems);
  const matricesOf = async ({ rank, factor, ...names }: CheckedModule & { readonly factor: number }): Promise<LoraMatrices> => {
    const [down, up] = [await source.load(names.down), await source.load(names.up)];
    return { rank, down, up: factor === 1 ? up : up.map((value) => value * factor) };
  };
  return {
    name: source.name,
    keyStyle,
    ranks: new Map([...dense].map(([weight, { rank }]) => [weight, rank])),
    differences: new Set([...kernels.keys(), ...differences.keys()]),
    referenceDownscaleFactor: referenceDownscaleFactor(source),
    async load(weight) {
      const module = dense.get(weight);
      if (module === undefined) throw changesNot(source.name, weight);
      return matricesOf(module);
    },
    async loadDifference(parameter) {
      const module = kernels.get(parameter);
      if (module !== undefined) return productOf(await matricesOf(module));
      const tensor = differences.get(parameter);
      if (tensor === undefined) throw changesNot(source.name, parameter);
      return source.load(tensor);
    },
  };
}

function changesNot(where: string, parameter: string): AiprodError {
  return new AiprodError('internal', `the LoRA ${where} does not change ${parameter}`);
}

/** B A, [N, K], summed in f64. */
function productOf({ rank, down, up }: LoraMatrices): Float32Array {
  const [features, width] = [up.length / rank, down.length / rank];
  const product = new Float64Array(features * width);
  addProduct(product, { rank, down, up }, 1, width);
  return Float32Array.from(product);
}

/** sum [N, K] += scale * up [N, rank] * down [rank, K] */
export function addProduct(sum: Float64Array, { rank, down, up }: LoraMatrices, scale: number, width: number): void {
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

function collectTensors(source: LoraSource, { parameters, renaming }: LoraTargets): CollectedLora {
  const resolve = loraResolver(parameters.keys(), renaming);
  const modules = new Map<string, LoraModule>();
  const differences = new Map<string, string>();
  const unmatched = new Set<string>();
  let keyStyle: LoraKeyStyle | undefined;
  for (const name of source.names()) {
    const key = parseLoraKey(name);
    if (key.kind === 'other') throw otherAdapter(source.name, key.adapter, name);
    if (key.kind === 'unknown') {
      unmatched.add(name);
      continue;
    }
    const own = key.kind === 'part' ? 'weight' : key.of;
    // A table is a parameter by itself: `head.modulation.diff`.
    const resolved = resolve(`${key.module}.${own}`) ?? (key.kind === 'difference' ? resolve(key.module) : undefined);
    if (resolved === undefined) {
      unmatched.add(key.kind === 'part' ? key.module : name);
      continue;
    }
    const { target, style } = resolved;
    keyStyle ??= style;
    if (key.kind === 'difference') {
      const other = differences.get(target);
      if (other !== undefined) throw standTwice(source.name, target, other, name);
      differences.set(target, name);
      continue;
    }
    const module = modules.get(target) ?? { name: key.module, target };
    if (module.name !== key.module || module[key.part] !== undefined) {
      throw standTwice(source.name, `${key.part} of ${target}`, module[key.part] ?? module.name, name);
    }
    modules.set(target, { ...module, [key.part]: name });
  }
  const layers = [...parameters].flatMap(([name, shape]) => (shape.length === 2 ? name.replace(WEIGHT, '') : []));
  if (unmatched.size > 0) throw strangeNames(source.name, unmatched, layers);
  if (keyStyle === undefined) {
    throw new AiprodError('bad-weights', 'the file holds no LoRA', {
      where: source.name,
      expected: 'pairs of matrices named ...lora_A.weight and ...lora_B.weight, or lora_down and lora_up',
      found: 'none',
    });
  }
  return { modules, differences, keyStyle };
}

const WEIGHT = /\.weight$/;

function standTwice(where: string, what: string, first: string, second: string): AiprodError {
  return new AiprodError('bad-weights', `two tensors of the LoRA stand for ${what}`, { where, found: `${first} and ${shorten(second)}` });
}

/**
 * The rank, when both matrices are there and fit the weight [N, K]; else adds to the problems. Those of a convolution [N, C, T, H, W] may
 * have its axes, `down` [rank, C, T, H, W] and `up` [N, rank, 1, 1, 1].
 */
function checkShapes(
  source: LoraSource,
  { name, target, down, up }: LoraModule,
  shape: readonly number[],
  problems: string[],
): CheckedModule | undefined {
  if (down === undefined || up === undefined) {
    problems.push(`${shorten(name)} has no ${down === undefined ? 'lora_A (lora_down)' : 'lora_B (lora_up)'}`);
    return undefined;
  }
  const [a, b] = [source.shape(down), source.shape(up)];
  const layer = target.replace(WEIGHT, '');
  const fits = (axes: readonly number[], wanted: readonly number[]): boolean =>
    sameShape(axes, wanted) || (axes.length === 2 && wanted.length > 2 && axes[0] === wanted[0] && axes[1] === count(wanted.slice(1)));
  const readsLayer = shape.length > 1 && a.length > 1 && fits(a, [a[0], ...shape.slice(1)]);
  const writesLayer = shape.length > 1 && b.length > 1 && fits(b, [shape[0], b[1], ...shape.slice(2).map(() => 1)]);
  if (readsLayer && writesLayer && a[0] > 0 && a[0] === b[1]) return { down, up, rank: a[0] };
  problems.push(
    readsLayer && writesLayer
      ? `${shorten(name)} has rank ${a[0]} in A and ${b[1]} in B`
      : `${shorten(name)} is [${b.join(', ')}] x [${a.join(', ')}] for a weight [${shape.join(', ')}] of ${layer}`,
  );
  return undefined;
}

function checkDifference(source: LoraSource, tensor: string, shape: readonly number[], problems: string[]): void {
  const found = source.shape(tensor);
  if (sameShape(found, shape)) return;
  problems.push(`${shorten(tensor)} is [${found.join(', ')}] for values [${shape.join(', ')}]`);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `alpha / rank`: from the layer's own alpha, else from the adapter's configuration, else 1. */
async function scaleFactor(source: LoraSource, module: LoraModule, rank: number, config: AdapterConfig | undefined): Promise<number> {
  if (module.alpha === undefined) return config === undefined ? 1 : adapterScaling(config, module.target.replace(WEIGHT, ''), rank);
  const shape = source.shape(module.alpha);
  const alpha = count(shape) === 1 ? (await source.load(module.alpha))[0] : undefined;
  if (alpha !== undefined && alpha > 0) return alpha / rank;
  throw new AiprodError('bad-weights', `the alpha of ${shorten(module.name)} is not usable`, {
    where: source.name,
    expected: 'one number above 0',
    found: alpha === undefined ? `a tensor [${shape.join(', ')}]` : String(alpha),
  });
}

const LISTED = 10;

function strangeNames(where: string, unmatched: ReadonlySet<string>, layers: readonly string[]): AiprodError {
  const listed = [...unmatched].slice(0, LISTED).map((name) => {
    const [nearest] = nearestNames(withoutLoraPrefix(name), layers);
    return nearest === undefined ? shorten(name) : `${shorten(name)} (nearest: ${nearest})`;
  });
  const more = unmatched.size > LISTED ? `, and ${unmatched.size - LISTED} more` : '';
  return new AiprodError('bad-weights', 'the LoRA names layers that the model does not have', {
    where,
    expected: `layers such as ${layers[0] ?? 'none'}`,
    found: `${unmatched.size}: ${listed.join(', ')}${more}`,
    hint: 'Check that the LoRA was trained for this model',
  });
}

function misfit(where: string, problems: readonly string[]): AiprodError {
  const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : '';
  return new AiprodError('bad-weights', 'the LoRA does not fit the model', {
    where,
    found: `${problems.length}: ${problems.slice(0, LISTED).join('; ')}${more}`,
    hint: 'Check that the LoRA was trained for this model and its size',
  });
}

function otherAdapter(where: string, kind: string, found: string): AiprodError {
  return new AiprodError('unsupported-model', `this adapter is ${kind}, and only plain LoRA can be added to a model`, {
    where,
    expected: 'lora_A and lora_B (lora_down and lora_up) matrices alone',
    found: shorten(found),
    hint: 'Merge it into a checkpoint with the tool it was made with, or use a LoRA',
  });
}

/** The factor of an IC-LoRA's metadata. @throws AiprodError 'bad-weights' when it is no whole number from 1 to 64. */
function referenceDownscaleFactor({ metadata, name }: LoraSource): number | undefined {
  const text = metadata?.get('reference_downscale_factor');
  if (text === undefined) return undefined;
  const factor = Number(text);
  if (text.trim() !== '' && Number.isInteger(factor) && factor >= 1 && factor <= 64) return factor;
  throw new AiprodError('bad-weights', 'reference_downscale_factor in the metadata of the LoRA is not usable', {
    where: name,
    expected: 'a whole number from 1 to 64',
    found: shorten(JSON.stringify(text)),
  });
}
