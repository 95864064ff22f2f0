import { isLeaf, typeOf, type Graph, type GraphNode, type NodeId } from '../graph';
import type { Capabilities } from '../operation';
import { fuse } from '../passes/fuse';
import { removeDeadCode } from '../passes/dead-code';
import { planProgram } from '../planner';
import { storageBytes } from '../types';

/**
 * Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): only the values that cross some narrow places of
 * the forward half are kept for the backward half, which computes the others again when it gets there.
 */
export interface Checkpointing {
  /** Positions of the forward half, rising: the values alive there are kept. */
  readonly cuts: readonly NodeId[];
}

/** A cut may be crossed by this many times the bytes that cross the narrowest one. */
const narrowEnough = 1.5;

/**
 * Places where few bytes pass from the nodes before to the nodes behind: between the blocks of a model.
 * @param loss the last node of the forward half
 */
export function narrowCuts(graph: Graph, loss: NodeId): NodeId[] {
  const crossing = crossingBytes(graph, loss);
  // Before the first and behind the last heavy operation there is little to save.
  const heavy = graph.nodes.slice(0, loss).filter(isHeavy);
  const [first, last] = [heavy.at(0)?.id ?? 0, heavy.at(-1)?.id ?? 0];
  const inside = [...crossing.keys()].filter((id) => id >= first && id < last && crossing[id] > 0);
  const least = Math.min(...inside.map((id) => crossing[id]));
  const cuts: NodeId[] = [];
  let worked = false;
  for (const id of inside) {
    worked ||= isHeavy(graph.nodes[id]);
    const narrow = crossing[id] <= least * narrowEnough;
    // Of neighbouring places with nothing heavy between them the first will do.
    if (!narrow || !worked) continue;
    cuts.push(id);
    worked = false;
  }
  return cuts;
}

function isHeavy({ operation }: GraphNode): boolean {
  return operation === 'matmul' || operation === 'convolution' || operation === 'attention';
}

/** Bytes of the computed values that are made up to a position and read behind it, in the forward half. */
function crossingBytes({ nodes }: Graph, loss: NodeId): number[] {
  const lastReader = lastReaders(nodes, loss);
  const change = new Array<number>(loss + 2).fill(0);
  for (let id = 0; id < loss; id++) {
    const node = nodes[id];
    if (isLeaf(node) || lastReader[id] <= id) continue;
    change[id] += storageBytes(typeOf(node));
    change[lastReader[id]] -= storageBytes(typeOf(node));
  }
  let bytes = 0;
  return change.slice(0, loss).map((step) => (bytes += step));
}

function lastReaders(nodes: readonly GraphNode[], loss: NodeId): number[] {
  const lastReader = new Array<number>(loss + 1).fill(-1);
  for (const node of nodes.slice(0, loss + 1)) for (const input of node.inputs) lastReader[input] = node.id;
  return lastReader;
}

/**
 * Rewrites the backward half of a differentiated graph (all behind `loss`) so that it reads, of what was computed up to the last cut, only
 * the values that cross a cut, and computes what else it needs again from them, right before the first that reads it.
 */
export function recompute(graph: Graph, loss: NodeId, { cuts }: Checkpointing): Graph {
  const end = cuts.at(-1);
  if (end === undefined) return graph;
  const lastReader = lastReaders(graph.nodes, loss);
  const outputs = new Set([...graph.outputs.values(), ...graph.updates.values()]);
  const isKept = (id: NodeId): boolean =>
    id > end || isLeaf(graph.nodes[id]) || outputs.has(id) || cuts.some((cut) => id <= cut && cut < lastReader[id]);
  const nodes: GraphNode[] = graph.nodes.slice(0, loss + 1);
  const parameters = new Map([...graph.parameters].filter(([id]) => id <= loss));
  const constants = new Map([...graph.constants].filter(([id]) => id <= loss));
  const inputs = new Map(graph.inputs);
  const places = new Map<NodeId, NodeId>();
  const place = (id: NodeId): NodeId => {
    const known = places.get(id);
    if (known !== undefined) return known;
    if (id <= loss && isKept(id)) return id;
    return emit(graph.nodes[id]);
  };
  const emit = (node: GraphNode): NodeId => {
    // Inputs first: copies are made before what reads them.
    const read = node.inputs.map(place);
    const id = nodes.length;
    const again = node.id <= loss;
    nodes.push({ ...node, id, inputs: read, label: again ? `${node.label}.again` : node.label });
    places.set(node.id, id);
    return id;
  };
  for (const node of graph.nodes.slice(loss + 1)) {
    const id = emit(node);
    const parameter = graph.parameters.get(node.id);
    if (parameter !== undefined) parameters.set(id, parameter);
    const constant = graph.constants.get(node.id);
    if (constant !== undefined) constants.set(id, constant);
  }
  for (const [name, id] of graph.inputs) if (id > loss) inputs.set(name, place(id));
  const rename = (id: NodeId): NodeId => (id <= loss ? id : place(id));
  return {
    nodes,
    parameters,
    constants,
    inputs,
    outputs: new Map([...graph.outputs].map(([name, id]) => [name, rename(id)])),
    updates: new Map([...graph.updates].map(([leaf, value]) => [rename(leaf), rename(value)])),
  };
}

export interface MemoryLimit {
  /** Bytes that the program may take, parameters and all. */
  readonly bytes: number;
  readonly capabilities: Capabilities;
}

/**
 * Recomputes as little of the forward half as the limit asks for: nothing where everything fits, else up to the first of the
 * {@link narrowCuts} that makes it fit, else whatever of what was tried takes least: in graphs of few values copies may cost more than they save.
 */
export function recomputeWithin(graph: Graph, loss: NodeId, { bytes, capabilities }: MemoryLimit): Graph {
  const cuts = narrowCuts(graph, loss);
  const withCuts = (count: number): Graph => recompute(graph, loss, { cuts: cuts.slice(0, count) });
  const planned = new Map<number, number>();
  const fits = (count: number): boolean => {
    const { totalBytes } = planProgram(fuse(removeDeadCode(withCuts(count)), capabilities), capabilities).memory;
    planned.set(count, totalBytes);
    return totalBytes <= bytes;
  };
  if (fits(0)) return graph;
  let [low, high] = [1, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  if (low <= cuts.length && fits(low)) return withCuts(low);
  const [least] = [...planned].reduce((a, b) => (b[1] < a[1] ? b : a));
  return withCuts(least);
}
