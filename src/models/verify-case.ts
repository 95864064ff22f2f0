import { z } from 'zod';
import { AiprodError } from '../errors';
import type { GoldenCase } from '../golden';
import type { Graph, HostTensor, ParameterReader } from '../graph';
import { parseModelConfig } from './model-config';

/** The weights of one component of a case. */
export interface WeightReader {
  readonly names: readonly string[];
  shape(name: string): readonly number[];
  read(name: string): Promise<Float32Array>;
}

/** A folder of reference data about a model. */
export interface ModelCase extends GoldenCase {
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

/** Constructor arguments of one component. */
export function componentConfig(golden: ModelCase, component: string): unknown {
  if (Object.keys(golden.classes).length <= 1) return golden.config;
  return parseModelConfig(z.record(z.string(), z.unknown()), golden.config, `${golden.name} config.json`)[component];
}

/** The one component of a case about a single model. */
export function singleComponent(golden: ModelCase): string {
  return Object.keys(golden.classes)[0] ?? 'model';
}

/** Validates a case's parameters. An argument that is null was not given: the reference then takes its default. */
export function caseParams<Schema extends z.ZodType>(golden: ModelCase, schema: Schema): z.output<Schema> {
  return parseModelConfig(schema, withoutNulls(golden.params), `${golden.name} params`);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(given.map(([name, field]) => [name, withoutNulls(field)]));
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
