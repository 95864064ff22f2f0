import { inputName, typeOf, type Graph, type GraphNode, type NodeId, type ParameterSpec } from '../graph';
import type { Capabilities } from '../operation';
import { storageBytes } from '../types';

/**
 * Turns lookups in tables that are too large for one binding into leaves whose rows the host reads from the weights, by number,
 * whenever their numbers are written: T5 XXL's table of 32,128 x 4,096 in f16 is twice what WebGPU promises. Only a table that is a
 * parameter, looked up by an input, can be read so; any other is left for the planner to refuse. Goes before fusion, since a leaf has
 * no epilogue.
 */
export function gatherOnHost(graph: Graph, { maxBindingBytes }: Pick<Capabilities, 'maxBindingBytes'>): Graph {
  const parameters = new Map<NodeId, ParameterSpec>(graph.parameters);
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.operation !== 'gatherRows' || node.epilogue !== undefined) return node;
    const [table, ids] = node.inputs.map((id) => graph.nodes[id]);
    const spec = graph.parameters.get(table.id);
    if (spec === undefined || spec.permute !== undefined || ids.operation !== 'input' || graph.updates.has(table.id)) return node;
    if (storageBytes(typeOf(table)) <= maxBindingBytes) return node;
    parameters.set(node.id, spec);
    return { ...node, operation: 'hostRows', inputs: [], attributes: { ids: inputName(ids) } };
  });
  return { ...graph, nodes, parameters };
}
