import { isLeaf, type Graph, type GraphNode, type NodeId, type ParameterSpec } from '../graph';
import { operationNamed } from '../operation';
import { decodeForGradients, isGradientReading } from './decode-for-gradients';
import { matrixSize, rowMultiple, type EncodingChoice, type MatrixSize, type WeightEncoding } from '../weight-encoding';

/** How a graph reads a parameter that can be encoded. */
export interface ParameterUse extends MatrixSize {
  /** The first operation that reads it: matmul, convolution or gatherRows. */
  readonly operation: string;
}

/** The encoding wanted for a parameter; undefined keeps the graph's own type. */
export type EncodingOf = (spec: ParameterSpec, use: ParameterUse) => EncodingChoice | undefined;

/** The operation that reads a parameter and the dimension that counts its rows; null when some reader cannot decode it. */
type Reading = { readonly operation: string; readonly rows: WeightEncoding['rows'] } | null;

/**
 * Keeps parameters encoded in GPU memory: those whose every reader can decode (weights of matmul, linear and convolution,
 * tables of gatherRows) and whose rows hold whole blocks. All others stay as they are. Where a gradient passes through a dense layer, its
 * weight is decoded for as long as that takes.
 */
export function storeParametersAs(graph: Graph, encodingOf: EncodingOf): Graph {
  const readings = readingsOf(graph);
  const nodes = graph.nodes.map((node): GraphNode => {
    const spec = graph.parameters.get(node.id);
    const reading = readings.get(node.id);
    if (spec === undefined || reading === undefined || reading === null) return node;
    const { operation, rows } = reading;
    const size = matrixSize(node.shape, { rows });
    const choice = encodingOf(spec, { operation, ...size });
    return choice === undefined || size.inner % rowMultiple(choice) !== 0 ? node : { ...node, encoding: { ...choice, rows } };
  });
  return decodeForGradients({ ...graph, nodes });
}

function readingsOf(graph: Graph): Map<NodeId, Reading> {
  const readings = new Map<NodeId, Reading>();
  const meet = (id: NodeId, reading: Reading): void => {
    if (!graph.parameters.has(id)) return;
    const before = readings.get(id);
    if (before === undefined) readings.set(id, reading);
    else if (before?.rows !== reading?.rows) readings.set(id, null);
  };
  for (const node of graph.nodes) {
    if (isLeaf(node)) continue;
    const own = node.inputs.slice(0, node.epilogue?.firstInput).map((id) => graph.nodes[id]);
    const weight = operationNamed(node.operation).decodes?.(own, node.attributes);
    node.inputs.forEach((id, index) => {
      // Decoded before it is read: as it suits whoever else reads the weight.
      if (isGradientReading(graph, node, index)) return;
      meet(id, weight?.input === index ? { operation: node.operation, rows: weight.rows } : null);
    });
  }
  for (const id of graph.outputs.values()) meet(id, null);
  // What a run changes is kept in a type that can be written.
  for (const id of graph.updates.keys()) meet(id, null);
  return readings;
}
