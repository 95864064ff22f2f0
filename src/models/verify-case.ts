import { z } from 'zod';
import { AiprodError } from '../errors';
import type { Graph, HostTensor, ParameterReader } from '../graph';
import { parseModelConfig } from './model-config';

export type GoldenData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor of a reference case. */
export interface GoldenTensor {
  /** NumPy name: float32, int64, ... */
  readonly dtype: string;
  readonly shape: number[];
  readonly data: GoldenData;
}

/** The weights of one component of a case. */
export interface WeightReader {
  readonly names: readonly string[];
  shape(name: string): readonly number[];
  read(name: string): Promise<Float32Array>;
}

/** A folder of reference data about a model; its format is described in `fixtures/golden/README.md`. */
export interface ModelCase {
  readonly name: string;
  readonly recipe: string;
  /** Reference class of each component. */
  readonly classes: Readonly<Record<string, string>>;
  readonly params: unknown;
  /** The content of config.json: constructor arguments, of each component where there are several. */
  readonly config: unknown;
  /** By name, without the `in.` of the file. */
  readonly inputs: ReadonlyMap<string, GoldenTensor>;
  /** By name, without the `out.` of the file. */
  readonly outputs: ReadonlyMap<string, GoldenTensor>;
  openWeights(component: string): Promise<WeightReader>;
  /** The folder's other weight files whose names begin so, e.g. the same adapter under other names; by file name. */
  openOthers(prefix: string): Promise<ReadonlyMap<string, WeightReader>>;
}

/** Runs a graph: the CPU evaluator or a GPU executor. */
export type GraphRunner = (
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
) => Promise<ReadonlyMap<string, HostTensor>>;

/** A tensor that we computed beside the one the reference did. */
export interface ModelComparison {
  readonly name: string;
  readonly expected: GoldenTensor;
  readonly actual: Float32Array | Float64Array;
}

/** Data of a float32 input. */
export function floatInput(golden: ModelCase, name: string): { data: Float32Array; shape: readonly number[] } {
  const tensor = golden.inputs.get(name);
  if (tensor !== undefined && tensor.data instanceof Float32Array) return { data: tensor.data, shape: tensor.shape };
  throw unusableInput(golden, name, 'a float32 tensor', tensor);
}

/** Data of an integer input, as 32-bit integers. */
export function integerInput(golden: ModelCase, name: string): { data: Int32Array; shape: readonly number[] } {
  const tensor = golden.inputs.get(name);
  if (tensor !== undefined && tensor.data instanceof BigInt64Array)
    return { data: Int32Array.from(tensor.data, Number), shape: tensor.shape };
  if (tensor !== undefined && tensor.data instanceof Int32Array) return { data: tensor.data, shape: tensor.shape };
  throw unusableInput(golden, name, 'an integer tensor', tensor);
}

function unusableInput(golden: ModelCase, name: string, expected: string, tensor: GoldenTensor | undefined): AiprodError {
  return new AiprodError('bad-input', `input ${name} of the reference case is not usable`, {
    where: golden.name,
    expected,
    found: tensor?.dtype ?? 'nothing',
  });
}

/** Constructor arguments of one component. */
export function componentConfig(golden: ModelCase, component: string): unknown {
  if (Object.keys(golden.classes).length <= 1) return golden.config;
  return parseModelConfig(z.record(z.string(), z.unknown()), golden.config, `${golden.name} config.json`)[component];
}

/** The one component of a case about a single model. */
export function singleComponent(golden: ModelCase): string {
  return Object.keys(golden.classes)[0] ?? 'model';
}

/** Validates a case's parameters. */
export function caseParams<Schema extends z.ZodType>(golden: ModelCase, schema: Schema): z.output<Schema> {
  return parseModelConfig(schema, golden.params, `${golden.name} params`);
}

/** Pairs computed tensors with the case's outputs; every output must be there. */
export function compareOutputs(golden: ModelCase, actual: ReadonlyMap<string, Float32Array | Float64Array>): ModelComparison[] {
  return Array.from(golden.outputs, ([name, expected]) => {
    const computed = actual.get(name);
    if (computed !== undefined) return { name, expected, actual: computed };
    throw new AiprodError('bad-input', `output ${name} of the reference case is not one this recipe has`, {
      where: golden.name,
      expected: [...actual.keys()].join(', '),
      found: name,
    });
  });
}

/** Float data of a graph's results. */
export function floatResults(results: ReadonlyMap<string, HostTensor>): Map<string, Float32Array> {
  return new Map(
    Array.from(results, ([name, { data }]) => {
      if (data instanceof Float32Array) return [name, data];
      throw new AiprodError('internal', `output ${name} is not a float tensor`);
    }),
  );
}
