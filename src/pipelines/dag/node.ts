import type { z } from 'zod';
import { AiprodError } from '../../errors';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Numbers with a shape, row-major. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What an output holds. */
export type NodeValue = TensorValue | Json;

export type NodeOutputs = Readonly<Record<string, NodeValue>>;

/** One output of a node. */
export interface Ref {
  readonly node: string;
  readonly output: string;
}

/** Where a node works. Each place runs one node at a time; the two places work side by side. */
export type Placement = 'gpu' | 'cpu';

/** One node of a graph: plain data. */
export interface NodeSpec {
  /** Unique in its graph. */
  readonly name: string;
  /** Name of a kind that the runner knows. */
  readonly kind: string;
  readonly inputs: Readonly<Record<string, Ref | readonly Ref[]>>;
  readonly settings: Json;
  readonly placement: Placement;
  /** The node is left out, and its outputs are absent, unless this output is `true`. */
  readonly condition?: Ref;
}

/** Nodes by name; the order has no meaning. */
export type NodeGraph = readonly NodeSpec[];

/** What a node will take, known before it runs. */
export interface NodeEstimate {
  /** Most bytes of GPU memory held at once, and the weights among them. */
  readonly totalBytes: number;
  readonly weightBytes: number;
}

/** State of an unfinished node, kept so that an interrupted run goes on inside it. */
export interface Checkpoint {
  load(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** What a running node is given besides its inputs. */
export interface NodeContext<Settings> {
  readonly name: string;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly checkpoint: Checkpoint;
  /** Steps that are done, of how many. */
  progress(step: number, steps: number): void;
}

/**
 * Where outputs may be kept for later runs: `never` (cheap to make, or large), in `memory`, or also in the `store` of a run, which
 * outlives the process.
 */
export type Keeping = 'never' | 'memory' | 'store';

/** How nodes of one kind work. */
export interface NodeKind {
  readonly name: string;
  /** Part of the signature: raised when the same inputs give other outputs than before. */
  readonly version: number;
  readonly outputs: readonly string[];
  readonly keep: Keeping;
  /** Throws where the settings are not of this kind. */
  check(settings: Json): void;
  estimate?(settings: Json): NodeEstimate;
  run(inputs: NodeInputs, context: NodeContext<Json>): Promise<NodeOutputs>;
}

export interface NodeKindDefinition<Schema extends z.ZodType> extends Omit<NodeKind, 'check' | 'estimate' | 'run'> {
  readonly settings: Schema;
  estimate?(settings: z.output<Schema>): NodeEstimate;
  run(inputs: NodeInputs, context: NodeContext<z.output<Schema>>): Promise<NodeOutputs>;
}

/** A kind whose settings follow a schema. */
export function nodeKind<Schema extends z.ZodType>(definition: NodeKindDefinition<Schema>): NodeKind {
  const { settings: schema, estimate, run, ...rest } = definition;
  const parse = (settings: Json): z.output<Schema> => {
    const parsed = schema.safeParse(settings);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new AiprodError('internal', `settings of a ${rest.name} node are not valid: ${issue.message}`, { where: issue.path.join('.') });
  };
  return {
    ...rest,
    check: (settings) => void parse(settings),
    ...(estimate === undefined ? {} : { estimate: (settings: Json) => estimate(parse(settings)) }),
    run: (inputs, context) => run(inputs, { ...context, settings: parse(context.settings) }),
  };
}

export function isTensor(value: NodeValue | undefined): value is TensorValue {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Float32Array;
}

/** Bytes that a value holds. */
export function valueBytes(value: NodeValue | undefined): number {
  if (value === undefined) return 0;
  return isTensor(value) ? value.data.byteLength : JSON.stringify(value).length;
}

/** The values that a node reads, by the name of its input; a value whose node was left out is undefined. */
export class NodeInputs {
  constructor(private readonly values: ReadonlyMap<string, readonly (NodeValue | undefined)[]>) {}

  /** All values of an input that is a list; those that were left out are not in it. */
  all(name: string): readonly NodeValue[] {
    return (this.values.get(name) ?? []).filter((value) => value !== undefined);
  }

  tensors(name: string): readonly TensorValue[] {
    return this.all(name).map((value) => {
      if (isTensor(value)) return value;
      throw new AiprodError('internal', `input ${name} is no tensor`);
    });
  }

  /** The single value of an input, or undefined where there is none. */
  optionalTensor(name: string): TensorValue | undefined {
    return this.tensors(name).at(0);
  }

  tensor(name: string): TensorValue {
    const value = this.optionalTensor(name);
    if (value === undefined) throw new AiprodError('internal', `input ${name} is missing`);
    return value;
  }
}
