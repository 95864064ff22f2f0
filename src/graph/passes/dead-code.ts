import type { Graph, GraphNode, NodeId, ParameterSpec } from '../graph';
import type { HostTensor } from '../types';

/** Removes nodes that no output or update depends on and numbers the rest anew, in their old order. Declared inputs stay. */
export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<NodeId>([...graph.outputs.values(), ...graph.inputs.values(), ...graph.updates.keys(), ...graph.updates.values()]);
  for (let k = graph.nodes.length - 1; k >= 0; k--) {
    const node = graph.nodes[k];
    if (needed.has(node.id)) for (const input of node.inputs) needed.add(input);
  }
  const renumbered = new Map<NodeId, NodeId>();
  const nodes: GraphNode[] = [];
  const parameters = new Map<NodeId, ParameterSpec>();
  const constants = new Map<NodeId, HostTensor>();
  const newId = (id: NodeId): NodeId => renumbered.get(id) ?? -1;
  for (const node of graph.nodes) {
    if (!needed.has(node.id)) continue;
    const id = nodes.length;
    renumbered.set(node.id, id);
    nodes.push({ ...node, id, inputs: node.inputs.map(newId) });
    const parameter = graph.parameters.get(node.id);
    if (parameter !== undefined) parameters.set(id, parameter);
    const constant = graph.constants.get(node.id);
    if (constant !== undefined) constants.set(id, constant);
  }
  const rename = (names: ReadonlyMap<string, NodeId>): Map<string, NodeId> => new Map([...names].map(([name, id]) => [name, newId(id)]));
  const updates = new Map([...graph.updates].map(([leaf, value]) => [newId(leaf), newId(value)]));
  return { nodes, parameters, constants, inputs: rename(graph.inputs), outputs: rename(graph.outputs), updates };
}
