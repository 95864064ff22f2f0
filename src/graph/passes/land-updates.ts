import { AiprodError } from '../../errors';
import { isLeaf, type Graph, type GraphNode, type NodeId } from '../graph';
import { sameShape } from '../types';

/** Operations whose result may be the memory of their input. */
const views = new Set(['reshape', 'permute', 'slice']);

/**
 * Makes every updated leaf's new value one that can be written into the leaf's memory, where nobody reads the old one any more:
 * arithmetic on the leaf itself works in place (attribute `inPlace`, the input that is the leaf), what does not read the leaf is written
 * there directly, and everything else is copied at the end. Goes last, after fusion.
 * @throws AiprodError 'internal' when an old value would be read after it is gone.
 */
export function landUpdates(graph: Graph): Graph {
  if (graph.updates.size === 0) return graph;
  const nodes: GraphNode[] = [...graph.nodes];
  const roots = rootsOf(graph);
  const lastReader = new Map<NodeId, NodeId>();
  for (const node of nodes) for (const input of node.inputs) lastReader.set(roots[input], node.id);
  for (const [name, id] of graph.outputs) {
    if (graph.updates.has(roots[id])) throw new AiprodError('internal', `output ${name} is a value that the run replaces`);
  }
  const updates = new Map<NodeId, NodeId>();
  const landed = new Set<NodeId>();
  const copies: [leaf: NodeId, value: NodeId][] = [];
  for (const [leaf, value] of graph.updates) {
    const node = nodes[value];
    const own = node.inputs.findIndex((input) => input === leaf);
    const readsLeaf = node.inputs.some((input) => roots[input] === leaf);
    const inPlace = node.operation === 'pointwise' && own >= 0 && sameShape(node.shape, nodes[leaf].shape);
    const clear = (lastReader.get(leaf) ?? 0) <= value && !landed.has(value) && !isLeaf(node) && !views.has(node.operation);
    const onlyDirect = node.inputs.every((input) => roots[input] !== leaf || input === leaf);
    if (!clear || (readsLeaf && !(inPlace && onlyDirect))) {
      copies.push([leaf, value]);
      continue;
    }
    if (readsLeaf) nodes[value] = { ...node, attributes: { ...node.attributes, inPlace: own } };
    updates.set(leaf, value);
    landed.add(value);
  }
  for (const [leaf, value] of copies) {
    if (graph.updates.has(roots[value])) throw new AiprodError('internal', 'an update is the old value of another one');
    const { shape, dtype, label } = nodes[leaf];
    const id = nodes.length;
    const attributes = { expression: { steps: [{ kind: 'input' as const, index: 0 }], result: 0 }, dtype };
    nodes.push({ id, operation: 'pointwise', inputs: [value], attributes, label: `${label}.update`, shape, dtype });
    updates.set(leaf, id);
  }
  return { ...graph, nodes, updates };
}

/** The value in whose memory each value may lie. */
function rootsOf({ nodes }: Graph): NodeId[] {
  const roots: NodeId[] = [];
  for (const node of nodes) roots.push(views.has(node.operation) ? roots[node.inputs[0]] : node.id);
  return roots;
}
