import { AiprodError } from '../../errors';
import { inputName, type Graph, type NodeId } from '../graph';

/** The output of {@link updatesAsOutputs} that holds what a parameter or an input becomes. */
export function updatedName(leaf: string): string {
  return `updated.${leaf}`;
}

/**
 * The same computation without state: what a run would write into its parameters and inputs comes back as outputs `updated.<name>`.
 * For runners that keep nothing between runs, such as the CPU reference.
 */
export function updatesAsOutputs(graph: Graph): Graph {
  const outputs = new Map(graph.outputs);
  for (const [leaf, value] of graph.updates) {
    const name = updatedName(leafName(graph, leaf));
    if (outputs.has(name)) throw new AiprodError('internal', `two updates are named ${name}`);
    outputs.set(name, value);
  }
  return { ...graph, outputs, updates: new Map() };
}

function leafName(graph: Graph, leaf: NodeId): string {
  return graph.parameters.get(leaf)?.name ?? inputName(graph.nodes[leaf]);
}
