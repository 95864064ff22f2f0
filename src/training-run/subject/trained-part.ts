import { AiprodError } from '../../errors';
import {
  adaptableWeights,
  addLowRankBranches,
  elementCount,
  lowRankNames,
  type Graph,
  type ParameterReader,
  type Shape,
} from '../../graph';
import { parameterShapes } from '../../models';
import { randomNormal } from '../../numeric/random';
import type { ParameterSource } from '../../weights';

/** The adapter's part of its parameters' names. */
export const adapterName = 'trained';

/** An adapter to train beside the layers of a model. */
export interface AdapterOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Ends of the names of layers. */
  readonly targets: readonly string[];
  readonly seed: number;
}

/** What of a model is trained: its own weights, or an adapter's beside them. */
export interface TrainedPart {
  /** By parameter name, in the order of the file. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Of layers with an adapter. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Inputs of the graph that stay the same. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** The model's graph with what is trained in it. */
  extend(graph: Graph): Graph;
  /** Reads weights of the model as they were before training, and an adapter's as it begins. */
  readonly read: ParameterReader;
}

/** All parameters of the model. */
export function wholeModel(graph: Graph, read: ParameterReader): TrainedPart {
  return { shapes: parameterShapes(graph), ranks: new Map(), inputs: {}, extend: (whole) => whole, read };
}

/**
 * An adapter that begins by changing nothing, as PEFT's do: A with the variance of `kaiming_uniform(a = sqrt 5)`, 1 / (3 inputs), and B zero.
 * @param graph of the model
 * @throws AiprodError 'bad-input' when a target names no layer.
 */
export function adapterBeside(graph: Graph, read: ParameterReader, { rank, alpha, targets, seed }: AdapterOptions): TrainedPart {
  const layers = adaptableWeights(graph);
  const ranks = new Map<string, number>();
  for (const target of targets) {
    const matching = [...layers.keys()].filter((name) => name.endsWith(`.${target}.weight`) || name === `${target}.weight`);
    for (const name of matching) ranks.set(name, rank);
    if (matching.length > 0) continue;
    throw new AiprodError('bad-input', `lora.target_modules: no layer of the model ends with ${target}`, {
      expected: `ends of names such as ${[...layers.keys()]
        .slice(0, 8)
        .map((name) => name.replace(/\.weight$/, ''))
        .join(', ')}`,
    });
  }
  const shapes = new Map<string, Shape>();
  const beginnings = new Map<string, () => Float32Array>();
  [...ranks.keys()].sort().forEach((weight, index) => {
    const [features, width] = layers.get(weight) ?? [];
    const [down, up] = [lowRankNames.down(weight, adapterName), lowRankNames.up(weight, adapterName)];
    shapes.set(down, [rank, width]);
    shapes.set(up, [features, rank]);
    const deviation = 1 / Math.sqrt(3 * width);
    beginnings.set(down, () => randomNormal(seed, adapterStream + index, rank * width).map((value) => value * deviation));
    beginnings.set(up, () => new Float32Array(features * rank));
  });
  return {
    shapes,
    ranks,
    inputs: { [lowRankNames.scale(adapterName)]: Float32Array.of(alpha / rank) },
    extend: (whole) => addLowRankBranches(whole, [{ name: adapterName, ranks }]),
    read: Object.assign((name: string) => beginnings.get(name)?.() ?? read(name), {
      stored: async (name: string) => (beginnings.has(name) ? undefined : read.stored?.(name)),
      ...(read.rows === undefined ? {} : { rows: read.rows }),
    }),
  };
}

/** Streams of noise of the seed from here on, so that no two matrices share numbers. */
const adapterStream = 0x41000000;

/** Numbers that are trained. */
export function trainedCount({ shapes }: Pick<TrainedPart, 'shapes'>): number {
  return [...shapes.values()].reduce((sum, shape) => sum + elementCount(shape), 0);
}

/** Numbers of a model. */
export function parameterCount(source: Pick<ParameterSource, 'names' | 'shape'>): number {
  return [...source.names()].reduce((sum, name) => sum + elementCount(source.shape(name)), 0);
}
