import { AiprodError } from '../errors';
import { adapterScaling, parseAdapterConfig, type AdapterConfig } from './lora-config';
import { loraResolver, parseLoraKey, withoutLoraPrefix, type LoraKeyStyle, type LoraPart } from './lora-keys';
import { nearestNames } from './nearest-names';
import type { ParameterSource, RenameRules } from './parameters';
import { shorten } from './strict-json';

/** The layers that a LoRA may change. */
export interface LoraTargets {
  /** Shape [N, K] of each dense layer's weight, by its name, e.g. `transformer_blocks.0.attn1.to_q.weight`. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
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
  /** Rank by the name of the weight that is changed. */
  readonly ranks: ReadonlyMap<string, number>;
  /** IC-LoRA: how many times smaller than the video its reference videos are, a whole number of at least 1; undefined when it does not say. */
  readonly referenceDownscaleFactor: number | undefined;
  /** @throws AiprodError 'not-finite' when a number is NaN or infinite. */
  load(weight: string): Promise<LoraMatrices>;
}

/** Where a LoRA is read from. */
export interface LoraSource extends Pick<ParameterSource, 'name' | 'names' | 'shape' | 'load'> {
  /** `__metadata__` of the file. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** PEFT's adapter_config.json beside it, parsed. */
  readonly adapterConfig?: unknown;
}

/** One layer of a LoRA: names in the file. */
interface LoraModule extends Partial<Record<LoraPart, string>> {
  /** As the file has it. */
  readonly name: string;
  readonly target: string;
}

/**
 * Opens a LoRA in any of the key styles and checks that all of it fits the model; reads only the alphas.
 *
 * @throws AiprodError 'bad-weights', one for everything that does not fit, with the nearest names; 'unsupported-model' for DoRA,
 *   LoHa, LoKr and other adapters that are no LoRA.
 */
export async function readLora(source: LoraSource, targets: LoraTargets): Promise<Lora> {
  const { modules, keyStyle } = collectModules(source, targets);
  const config = parseAdapterConfig(source);
  if (config?.use_dora === true) throw otherAdapter(source.name, 'DoRA', 'use_dora in its configuration');
  const problems: string[] = [];
  const checked = new Map<string, { readonly down: string; readonly up: string; readonly rank: number; readonly factor: number }>();
  for (const [target, module] of modules) {
    const weight = `${target}.weight`;
    const matrices = checkShapes(source, module, targets.weights.get(weight) ?? [], problems);
    if (matrices === undefined) continue;
    checked.set(weight, { ...matrices, factor: await scaleFactor(source, module, matrices.rank, config) });
  }
  if (problems.length > 0) throw misfit(source.name, problems);
  return {
    name: source.name,
    keyStyle,
    ranks: new Map([...checked].map(([weight, { rank }]) => [weight, rank])),
    referenceDownscaleFactor: referenceDownscaleFactor(source),
    async load(weight) {
      const module = checked.get(weight);
      if (module === undefined) throw new AiprodError('internal', `the LoRA ${source.name} does not change ${weight}`);
      const { rank, factor } = module;
      const [down, up] = [await source.load(module.down), await source.load(module.up)];
      return { rank, down, up: factor === 1 ? up : up.map((value) => value * factor) };
    },
  };
}

function collectModules(
  source: LoraSource,
  { weights, renaming }: LoraTargets,
): { modules: ReadonlyMap<string, LoraModule>; keyStyle: LoraKeyStyle } {
  const layers = [...weights.keys()].filter((name) => name.endsWith('.weight')).map((name) => name.slice(0, -'.weight'.length));
  const resolve = loraResolver(layers, renaming);
  const modules = new Map<string, LoraModule>();
  const unmatched = new Set<string>();
  let keyStyle: LoraKeyStyle | undefined;
  for (const name of source.names()) {
    const key = parseLoraKey(name);
    if (key.kind === 'other') throw otherAdapter(source.name, key.adapter, name);
    if (key.kind === 'unknown') {
      unmatched.add(name);
      continue;
    }
    const resolved = resolve(key.module);
    if (resolved === undefined) {
      unmatched.add(key.module);
      continue;
    }
    keyStyle ??= resolved.style;
    const module = modules.get(resolved.target) ?? { name: key.module, target: resolved.target };
    if (module.name !== key.module || module[key.part] !== undefined) {
      throw new AiprodError('bad-weights', `two tensors of the LoRA stand for ${key.part} of ${resolved.target}`, {
        where: source.name,
        found: `${module[key.part] ?? module.name} and ${shorten(name)}`,
      });
    }
    modules.set(resolved.target, { ...module, [key.part]: name });
  }
  if (unmatched.size > 0) throw strangeNames(source.name, unmatched, layers);
  if (keyStyle === undefined) {
    throw new AiprodError('bad-weights', 'the file holds no LoRA', {
      where: source.name,
      expected: 'pairs of matrices named ...lora_A.weight and ...lora_B.weight, or lora_down and lora_up',
      found: 'none',
    });
  }
  return { modules, keyStyle };
}

/** The rank, when both matrices are there and fit the weight [N, K]; else adds to the problems. */
function checkShapes(
  source: LoraSource,
  { name, target, down, up }: LoraModule,
  [features, width]: readonly number[],
  problems: string[],
): { down: string; up: string; rank: number } | undefined {
  if (down === undefined || up === undefined) {
    problems.push(`${shorten(name)} has no ${down === undefined ? 'lora_A (lora_down)' : 'lora_B (lora_up)'}`);
    return undefined;
  }
  const [a, b] = [source.shape(down), source.shape(up)];
  const rank = a[0];
  if (a.length === 2 && b.length === 2 && rank > 0 && a[1] === width && b[0] === features && b[1] === rank) return { down, up, rank };
  const isRank = a.length === 2 && b.length === 2 && a[1] === width && b[0] === features;
  problems.push(
    isRank
      ? `${shorten(name)} has rank ${a[0]} in A and ${b[1]} in B`
      : `${shorten(name)} is [${b.join(', ')}] x [${a.join(', ')}] for a weight [${features}, ${width}] of ${target}`,
  );
  return undefined;
}

/** `alpha / rank`: from the layer's own alpha, else from the adapter's configuration, else 1. */
async function scaleFactor(source: LoraSource, module: LoraModule, rank: number, config: AdapterConfig | undefined): Promise<number> {
  if (module.alpha === undefined) return config === undefined ? 1 : adapterScaling(config, module.target, rank);
  const shape = source.shape(module.alpha);
  const elements = shape.reduce((product, length) => product * length, 1);
  const alpha = elements === 1 ? (await source.load(module.alpha))[0] : undefined;
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
    hint: 'Check that the LoRA was trained for this model and its size (2B or 13B)',
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
