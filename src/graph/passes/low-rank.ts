import { AiprodError } from '../../errors';
import { add, multiply } from '../arithmetic';
import { inputName, isLeaf, type Graph, type GraphNode, type NodeId, type ParameterSpec } from '../graph';
import { matmul } from '../operations/matmul';
import { Tracer } from '../tracer';
import type { HostTensor } from '../types';

/** What an adapter adds beside a graph's dense layers (LoRA, Hu et al. 2021): for each of its weights, the rank of the two matrices. */
export interface LowRankAdapter {
  /** Part of parameter and input names; unique among a graph's adapters, without dots. */
  readonly name: string;
  /** By the weight's parameter name, e.g. `transformer_blocks.0.attn1.to_q.weight`. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** Names of what {@link addLowRankBranches} adds to a graph. */
export const lowRankNames = {
  /** Parameter [rank, K]: the matrix that reads x. */
  down: (weight: string, adapter: string): string => `${moduleOf(weight)}.lora_A.${adapter}.weight`,
  /** Parameter [N, rank]: the matrix that writes y. Whoever reads it multiplies `alpha / rank` in. */
  up: (weight: string, adapter: string): string => `${moduleOf(weight)}.lora_B.${adapter}.weight`,
  /** Input [1] f32: the adapter's scale; a run may change it. */
  scale: (adapter: string): string => `lora_scale.${adapter}`,
};

function moduleOf(weight: string): string {
  return weight.replace(/\.weight$/, '');
}

/**
 * Adds adapters beside the dense layers they were trained for, `y + s (x Aᵀ) Bᵀ`, and leaves the weights themselves alone, so that
 * their storage type does not matter. Run it before fusion: the sum becomes the epilogue of the layer's own product.
 *
 * Weights that the graph does not read as the second operand of `linear` stay without a branch; {@link adaptableWeights} tells which can have one.
 */
export function addLowRankBranches(graph: Graph, adapters: readonly LowRankAdapter[]): Graph {
  if (adapters.length === 0) return graph;
  const rewriting = new Rewriting(graph);
  for (const node of graph.nodes) {
    const id = rewriting.copy(node);
    const weight = denseWeight(graph, node);
    if (weight === undefined) continue;
    const wanted = adapters.filter(({ ranks }) => ranks.has(weight));
    if (wanted.length > 0) {
      const given = { x: rewriting.value(node.inputs[0]), y: id };
      rewriting.replace(node.id, rewriting.inline(branches(graph, node, weight, wanted), given, `${node.label}.lora`));
    }
  }
  return rewriting.finish();
}

/** Weights of a graph that {@link addLowRankBranches} can add a branch beside, and their stored shapes [N, K]. */
export function adaptableWeights(graph: Graph): Map<string, readonly number[]> {
  const weights = new Map<string, readonly number[]>();
  for (const node of graph.nodes) {
    const name = denseWeight(graph, node);
    const spec = graph.parameters.get(node.inputs[1]);
    if (name !== undefined && spec !== undefined) weights.set(name, spec.storedShape);
  }
  return weights;
}

/** Name of the weight [N, K] of a dense layer, when the node is one. */
function denseWeight(graph: Graph, node: GraphNode): string | undefined {
  if (node.operation !== 'matmul' || node.attributes.transposeB !== true || node.epilogue !== undefined) return undefined;
  const spec = graph.parameters.get(node.inputs[1]);
  return spec?.storedShape.length === 2 && spec.permute === undefined ? spec.name : undefined;
}

/** Inputs `x` and `y` of a dense layer to `y` with the adapters' branches added. */
function branches(graph: Graph, layer: GraphNode, weight: string, adapters: readonly LowRankAdapter[]): Graph {
  const read = graph.nodes[layer.inputs[0]];
  const tracer = new Tracer();
  const x = tracer.input('x', read.shape, read.dtype);
  const product = tracer.input('y', layer.shape, layer.dtype);
  const [features, width] = [layer.shape[layer.shape.length - 1], read.shape[read.shape.length - 1]];
  // Adapters keep their own type: the weight's may be a quantised one.
  const dtype = layer.dtype === 'f16' ? 'f16' : 'f32';
  const y = adapters.reduce((sum, { name, ranks }) => {
    const rank = ranks.get(weight) ?? 0;
    const down = tracer.parameter(lowRankNames.down(weight, name), [rank, width], { dtype });
    const up = tracer.parameter(lowRankNames.up(weight, name), [features, rank], { dtype });
    const scale = tracer.input(lowRankNames.scale(name), [1], 'f32');
    const hidden = multiply(matmul(x, down, { transposeB: true }), scale, x.dtype);
    return add(sum, matmul(hidden, up, { transposeB: true }), layer.dtype);
  }, product);
  tracer.output('y', y);
  return tracer.finish();
}

/** A copy of a graph in the making, in which values can be replaced by others that are computed from them. */
class Rewriting {
  private readonly nodes: GraphNode[] = [];
  private readonly parameters = new Map<NodeId, ParameterSpec>();
  private readonly constants = new Map<NodeId, HostTensor>();
  private readonly inputs = new Map<string, NodeId>();
  private readonly added = new Map<string, NodeId>();
  /** The value here that stands for a node of the original. */
  private readonly values = new Map<NodeId, NodeId>();

  constructor(private readonly original: Graph) {}

  /** The value here of a node of the original. */
  value(node: NodeId): NodeId {
    return valueAt(this.values, node);
  }

  copy(node: GraphNode): NodeId {
    const id = this.add(this.original, node, this.values, node.label);
    if (node.operation === 'input') this.inputs.set(inputName(node), id);
    this.values.set(node.id, id);
    return id;
  }

  replace(node: NodeId, by: NodeId): void {
    this.values.set(node, by);
  }

  /**
   * Adds the nodes of another graph with one output and returns that output's value.
   * @param given values here for its inputs, by name; its other inputs become inputs of this graph. They and its parameters are shared
   *   with those of the same name that were added before.
   */
  inline(graph: Graph, given: Readonly<Record<string, NodeId>>, label: string): NodeId {
    const values = new Map<NodeId, NodeId>();
    for (const node of graph.nodes) {
      const name = node.operation === 'input' ? inputName(node) : graph.parameters.get(node.id)?.name;
      const key = name === undefined ? undefined : `${node.operation}|${name}|${node.dtype}`;
      const known = name !== undefined && Object.hasOwn(given, name) ? given[name] : key === undefined ? undefined : this.added.get(key);
      const id = known ?? this.add(graph, node, values, isLeaf(node) ? node.label : label);
      if (known === undefined && key !== undefined) this.added.set(key, id);
      if (known === undefined && node.operation === 'input') this.inputs.set(inputName(node), id);
      values.set(node.id, id);
    }
    const [output] = graph.outputs.values();
    return valueAt(values, output);
  }

  finish(): Graph {
    const outputs = new Map([...this.original.outputs].map(([name, id]) => [name, this.value(id)]));
    const updates = new Map([...this.original.updates].map(([leaf, value]) => [this.value(leaf), this.value(value)]));
    return { nodes: this.nodes, inputs: this.inputs, parameters: this.parameters, constants: this.constants, outputs, updates };
  }

  private add(graph: Graph, node: GraphNode, values: ReadonlyMap<NodeId, NodeId>, label: string): NodeId {
    const id = this.nodes.length;
    this.nodes.push({ ...node, id, inputs: node.inputs.map((input) => valueAt(values, input)), label });
    const parameter = graph.parameters.get(node.id);
    if (parameter !== undefined) this.parameters.set(id, parameter);
    const constant = graph.constants.get(node.id);
    if (constant !== undefined) this.constants.set(id, constant);
    return id;
  }
}

function valueAt(values: ReadonlyMap<NodeId, NodeId>, node: NodeId): NodeId {
  const value = values.get(node);
  if (value === undefined) throw new AiprodError('internal', `node %${node} is read before it is made`);
  return value;
}
