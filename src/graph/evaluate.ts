import { AiprodError } from '../errors';
import { inputName, type Graph, type GraphNode } from './graph';
import { operationNamed } from './operation';
import { evaluatePointwise } from './operations/pointwise';
import { elementCount, type HostTensor, type TensorType } from './types';

/** Reads a parameter as it is stored, in f32. */
export type ParameterReader = (name: string) => Float32Array | Promise<Float32Array>;

/** Computes one node on the CPU, its epilogue included. */
export function evaluateNode(node: GraphNode, inputs: readonly HostTensor[]): HostTensor {
  const operation = operationNamed(node.operation);
  const type: TensorType = { shape: node.shape, dtype: node.dtype };
  if (node.epilogue === undefined) return operation.reference(inputs, node.attributes, type);
  const own = inputs.slice(0, node.epilogue.firstInput);
  const result = operation.reference(own, node.attributes, operation.infer(own, node.attributes));
  return evaluatePointwise(node.epilogue.expression, inputs.slice(node.epilogue.firstInput), result, type);
}

/** Runs a whole graph on the CPU: slow, and the judge of every other way of running it. */
export async function evaluateGraph(
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
): Promise<Map<string, HostTensor>> {
  const values: HostTensor[] = [];
  for (const node of graph.nodes) {
    values[node.id] = await leafOrResult(graph, node, inputs, readParameter, values);
  }
  return new Map([...graph.outputs].map(([name, id]) => [name, values[id]]));
}

async function leafOrResult(
  graph: Graph,
  node: GraphNode,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
  values: readonly HostTensor[],
): Promise<HostTensor> {
  const type: TensorType = { shape: node.shape, dtype: node.dtype };
  switch (node.operation) {
    case 'input': {
      const name = inputName(node);
      return { ...type, data: checkedLength(inputs[name], type, `input ${name}`) };
    }
    case 'parameter': {
      const spec = graph.parameters.get(node.id);
      if (spec === undefined) throw new AiprodError('internal', `node %${node.id} has no parameter`);
      const stored = checkedLength(await readParameter(spec.name), { shape: spec.storedShape, dtype: 'f32' }, `parameter ${spec.name}`);
      return { ...type, data: spec.permute === undefined ? stored : permuteData(stored, spec.storedShape, spec.permute) };
    }
    case 'constant': {
      const constant = graph.constants.get(node.id);
      if (constant === undefined) throw new AiprodError('internal', `node %${node.id} has no constant`);
      return constant;
    }
    default:
      return evaluateNode(
        node,
        node.inputs.map((id) => values[id]),
      );
  }
}

function checkedLength<T extends HostTensor['data']>(data: T | undefined, type: TensorType, what: string): T {
  if (data === undefined || data.length !== elementCount(type.shape)) {
    throw new AiprodError('shape-mismatch', `${what} does not fit the graph`, {
      expected: `${elementCount(type.shape)} elements for [${type.shape.join(', ')}]`,
      found: data === undefined ? 'nothing' : `${data.length} elements`,
    });
  }
  return data;
}

/** Reorders dimensions: dimension `axis` of the result is dimension `permute[axis]` of `data`. */
export function permuteData(data: Float32Array, shape: readonly number[], permute: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  const sizes = permute.map((axis) => shape[axis]);
  const steps = permute.map((axis) => strides[axis]);
  const position = new Array<number>(sizes.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      position[axis]++;
      from += steps[axis];
      if (position[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      position[axis] = 0;
    }
  }
  return result;
}
