import { AiprodError } from '../errors';
import { readDecoded } from './encoded-parameter';
import { inputName, typeOf, type Graph, type GraphNode } from './graph';
import { operationNamed } from './operation';
import { evaluatePointwise } from './operations/pointwise';
import { readFloatParameter, type ParameterReader } from './parameter-reader';
import { permuteData } from './permute-data';
import { elementCount, type HostTensor, type TensorType } from './types';

export interface EvaluateOptions {
  /** Holds values in f64 in place of rounding each to f32: what finite differences need. */
  readonly precise?: boolean;
}

/** Computes one node on the CPU, its epilogue included. */
export function evaluateNode(node: GraphNode, inputs: readonly HostTensor[], { precise = false }: EvaluateOptions = {}): HostTensor {
  const operation = operationNamed(node.operation);
  const type = { ...typeOf(node), precise };
  if (node.epilogue === undefined) return operation.reference(inputs, node.attributes, type);
  const own = inputs.slice(0, node.epilogue.firstInput);
  const result = operation.reference(own, node.attributes, { ...operation.infer(own, node.attributes), precise });
  return evaluatePointwise(node.epilogue.expression, inputs.slice(node.epilogue.firstInput), result, type);
}

/** Runs a whole graph on the CPU: slow, and the judge of every other way of running it. */
export async function evaluateGraph(
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
  options: EvaluateOptions = {},
): Promise<Map<string, HostTensor>> {
  const values: HostTensor[] = [];
  for (const node of graph.nodes) {
    values[node.id] = await leafOrResult(graph, node, inputs, readParameter, values, options);
  }
  return new Map([...graph.outputs].map(([name, id]) => [name, values[id]]));
}

async function leafOrResult(
  graph: Graph,
  node: GraphNode,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
  values: readonly HostTensor[],
  options: EvaluateOptions,
): Promise<HostTensor> {
  const type = typeOf(node);
  switch (node.operation) {
    case 'input': {
      const name = inputName(node);
      return { ...type, data: checkedLength(inputs[name], type, `input ${name}`) };
    }
    case 'parameter': {
      const spec = graph.parameters.get(node.id);
      if (spec === undefined) throw new AiprodError('internal', `node %${node.id} has no parameter`);
      if (node.encoding !== undefined) return { ...type, data: await readDecoded(spec, type, node.encoding, readParameter) };
      const stored = await readFloatParameter(spec, readParameter);
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
        options,
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
