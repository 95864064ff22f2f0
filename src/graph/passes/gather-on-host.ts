import { inputName, typeOf, type Graph, type GraphNode, type NodeId, type ParameterSpec } from '../graph';
import type { Capabilities } from '../operation';
import { storageBytes } from '../types';

/** Tables of more bytes stay out of GPU memory: what WebGPU promises of one binding, 128 MiB, so that programs are the same everywhere. */
const largestTable = 128 * 2 ** 20;

/**
 * Turns lookups in large tables into leaves whose rows the host reads from the weights, by number, whenever their numbers are written:
 * Gemma 3 12B's table of 262,208 x 3,840 takes 2 GB in f16, of which a prompt needs a few hundred kB. Only a table that is a parameter,
 * looked up by an input, can be read so; any other is left for the planner to refuse. Goes before fusion, since a leaf has no epilogue.
 */
export function gatherOnHost(graph: Graph, { maxBindingBytes }: Pick<Capabilities, 'maxBindingBytes'>): Graph {
  const parameters = new Map<NodeId, ParameterSpec>(graph.parameters);
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.operation !== 'gatherRows' || node.epilogue !== undefined) return node;
    const [table, ids] = node.inputs.map((id) => graph.nodes[id]);
    const spec = graph.parameters.get(table.id);
    if (spec === undefined || spec.permute !== undefined || ids.operation !== 'input' || graph.updates.has(table.id)) return node;
    if (storageBytes(typeOf(table)) <= Math.min(maxBindingBytes, largestTable)) return node;
    parameters.set(node.id, spec);
    return { ...node, operation: 'hostRows', inputs: [], attributes: { ids: inputName(ids) } };
  });
  return { ...graph, nodes, parameters };
}
