import { AiprodError } from '../errors';
import type { Attributes } from './operation';
import type { PointwiseExpression } from './pointwise/expression';
import { describeType, type HostTensor, type TensorType } from './types';

/** Index of a node within its graph; a node's inputs always have smaller indices. */
export type NodeId = number;

/** One operation, its inputs and the value it makes. Plain data. */
export interface GraphNode extends TensorType {
  readonly id: NodeId;
  readonly operation: string;
  readonly inputs: readonly NodeId[];
  readonly attributes: Attributes;
  /** The chain of scopes it was traced in, for errors, traces and printed programs. */
  readonly label: string;
  /** Arithmetic the fusion pass moved behind the operation; its inputs are the last ones of `inputs`. */
  readonly epilogue?: NodeEpilogue;
}

/** A pointwise expression applied to an operation's result before it is stored. */
export interface NodeEpilogue {
  readonly expression: PointwiseExpression;
  /** Position in the node's inputs of the expression's input 0. */
  readonly firstInput: number;
}

/** How a stored parameter becomes the value the graph reads. */
export interface ParameterSpec {
  /** Name in the model's weights, e.g. `transformer_blocks.0.attn1.to_q.weight`. */
  readonly name: string;
  /** Shape in the file. */
  readonly storedShape: readonly number[];
  /** Reorders the stored dimensions before upload: dimension `axis` of the value is stored dimension `permute[axis]`. */
  readonly permute?: readonly number[];
}

/** A traced computation: nodes in an order in which they can run, and what goes in and comes out. Plain data. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: ReadonlyMap<string, NodeId>;
  readonly parameters: ReadonlyMap<NodeId, ParameterSpec>;
  readonly constants: ReadonlyMap<NodeId, HostTensor>;
  readonly outputs: ReadonlyMap<string, NodeId>;
  /** Parameters and inputs that a run changes: leaf to the value it has afterwards. Such leaves are a program's state, kept on the device. */
  readonly updates: ReadonlyMap<NodeId, NodeId>;
}

/** The type of a node's value. */
export function typeOf({ shape, dtype, encoding }: GraphNode): TensorType {
  return encoding === undefined ? { shape, dtype } : { shape, dtype, encoding };
}

const leaves = new Set(['input', 'parameter', 'constant', 'hostRows']);

/** Inputs, parameters, constants and rows that the host reads: values that no operation of the vocabulary makes. */
export function isLeaf(node: GraphNode): boolean {
  return leaves.has(node.operation);
}

/** The name an input node was declared under. */
export function inputName(node: GraphNode): string {
  const { name } = node.attributes;
  if (typeof name !== 'string') throw new AiprodError('internal', `node %${node.id} is an input without a name`);
  return name;
}

/** How often each node's value is read, outputs and updates included. */
export function countUses(graph: Graph): number[] {
  const uses = new Array<number>(graph.nodes.length).fill(0);
  for (const node of graph.nodes) for (const input of node.inputs) uses[input]++;
  for (const output of graph.outputs.values()) uses[output]++;
  for (const value of graph.updates.values()) uses[value]++;
  return uses;
}

/** The graph as text, one line a node. */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map((node) => {
    const parameter = graph.parameters.get(node.id);
    const arguments_ = parameter === undefined ? node.inputs.map((id) => `%${id}`).join(', ') : parameter.name;
    return `%${node.id} = ${node.operation}(${arguments_}) ${describeType(node)}  // ${node.label}`;
  });
  for (const [name, id] of graph.outputs) lines.push(`output ${name} = %${id}`);
  for (const [leaf, value] of graph.updates) lines.push(`update %${leaf} = %${value}`);
  return lines.join('\n');
}
