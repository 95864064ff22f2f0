import { AiprodError } from '../errors';
import { Tracer, type DType, type Graph, type Shape, type Tensor } from '../graph';
import { captureOutputs, type Capture } from './capture';

/** A model traced for one shape. */
export interface ModelGraph {
  readonly graph: Graph;
  /** What a run takes, by name, in the order of use. */
  readonly inputs: ReadonlyMap<string, { readonly shape: Shape; readonly dtype: DType }>;
}

/** Options of every builder. */
export interface BuildOptions {
  /** Storage type of weights and activations; inputs and outputs are f32 in both. Default f32. */
  readonly dtype?: 'f32' | 'f16';
  /** Intermediate values to return too, by the reference's module path, in the reference's layout. */
  readonly capture?: readonly string[];
}

type Body = (tracer: Tracer, capture: Capture) => Readonly<Record<string, Tensor>>;

/** Traces a model: `body` declares the inputs and returns the outputs by name. */
export function buildGraph({ dtype = 'f32', capture: names = [] }: BuildOptions, body: Body): ModelGraph {
  const tracer = new Tracer({ dtype });
  const { capture, finish } = captureOutputs(tracer, names);
  for (const [name, value] of Object.entries(body(tracer, capture))) tracer.output(name, value);
  finish();
  const graph = tracer.finish();
  const inputs = new Map(Array.from(graph.inputs, ([name, id]) => [name, { shape: graph.nodes[id].shape, dtype: graph.nodes[id].dtype }]));
  return { graph, inputs };
}

/** Refuses sizes that are no whole numbers of at least 1. @throws AiprodError `shape-mismatch` */
export function requirePositive(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new AiprodError('shape-mismatch', `${name} is not a size`, {
      where,
      expected: 'a whole number of at least 1',
      found: String(size),
    });
  }
}
