import type { Graph, GraphNode, NodeId, ParameterSpec } from '../graph';
import type { HostTensor } from '../types';

/**
 * Whether a node reads a dense layer's weight [N, K] as its gradient does: as the second operand of a product that is not transposed,
 * which no kernel can decode.
 */
export function isGradientReading(graph: Graph, node: GraphNode, index: number): boolean {
  const transposed = node.attributes.transposeB === true;
  return node.operation === 'matmul' && index === 1 && !transposed && graph.nodes[node.inputs[1]].shape.length === 2;
}

/**
 * Puts the decoded rows of encoded weights before the products that cannot decode them: the gradient by the input of a dense layer
 * whose weight is frozen and quantised (Dettmers et al. 2023, "QLoRA"). They live for one product.
 */
export function decodeForGradients(graph: Graph): Graph {
  const decodes = (node: GraphNode): boolean =>
    node.inputs.length > 1 && graph.nodes[node.inputs[1]].encoding !== undefined && isGradientReading(graph, node, 1);
  if (!graph.nodes.some(decodes)) return graph;
  const nodes: GraphNode[] = [];
  const parameters = new Map<NodeId, ParameterSpec>();
  const constants = new Map<NodeId, HostTensor>();
  const ids: NodeId[] = [];
  const push = (node: Omit<GraphNode, 'id'>): NodeId => nodes.push({ ...node, id: nodes.length }) - 1;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => ids[id]);
    if (decodes(node)) {
      const { shape, dtype } = graph.nodes[node.inputs[1]];
      const label = `${node.label}.decoded`;
      const type = { shape: [shape[0]], dtype: 'i32' } as const;
      const rows = push({ ...type, operation: 'constant', inputs: [], attributes: {}, label });
      constants.set(rows, { ...type, data: Int32Array.from({ length: shape[0] }, (_, row) => row) });
      inputs[1] = push({ shape, dtype, operation: 'gatherRows', inputs: [inputs[1], rows], attributes: {}, label });
    }
    ids.push(push({ ...node, inputs }));
    const id = ids[node.id];
    const parameter = graph.parameters.get(node.id);
    if (parameter !== undefined) parameters.set(id, parameter);
    const constant = graph.constants.get(node.id);
    if (constant !== undefined) constants.set(id, constant);
  }
  const rename = (names: ReadonlyMap<string, NodeId>): Map<string, NodeId> => new Map([...names].map(([name, id]) => [name, ids[id]]));
  const updates = new Map([...graph.updates].map(([leaf, value]) => [ids[leaf], ids[value]]));
  return { nodes, parameters, constants, inputs: rename(graph.inputs), outputs: rename(graph.outputs), updates };
}
