import { AiprodError } from '../errors';
import type { Graph, GraphNode, NodeId, ParameterSpec } from './graph';
import { operationNamed, type Attributes } from './operation';
import { describeType, elementCount, type DType, type HostTensor, type Shape, type TensorType } from './types';

/** A value of a graph being traced. Handles are cheap; arithmetic on them adds nodes. */
export interface Tensor extends TensorType {
  readonly tracer: Tracer;
  readonly id: NodeId;
}

export interface TracerOptions {
  /** Storage type of activations and parameters; arithmetic accumulates in f32 either way. */
  readonly dtype?: 'f32' | 'f16';
}

/**
 * Records a computation as a graph. Models are plain functions that take a tracer (or tensors of one) and call operations;
 * tracing happens once per shape.
 */
export class Tracer {
  /** Default storage type of activations and parameters. */
  readonly dtype: 'f32' | 'f16';
  private readonly nodes: GraphNode[] = [];
  private readonly inputs = new Map<string, NodeId>();
  private readonly parameters = new Map<NodeId, ParameterSpec>();
  private readonly parametersByName = new Map<string, Tensor>();
  private readonly constants = new Map<NodeId, HostTensor>();
  private readonly outputs = new Map<string, NodeId>();
  private readonly scopes: string[] = [];

  constructor(options: TracerOptions = {}) {
    this.dtype = options.dtype ?? 'f32';
  }

  /** Runs `body` inside a named scope: the scope prefixes parameter names and labels, joined by dots. */
  scope<T>(name: string, body: () => T): T {
    this.scopes.push(name);
    try {
      return body();
    } finally {
      this.scopes.pop();
    }
  }

  /** A value given at each run. */
  input(name: string, shape: Shape, dtype: DType = this.dtype): Tensor {
    if (this.inputs.has(name)) throw new AiprodError('internal', `input ${name} is declared twice`);
    const tensor = this.leaf('input', { shape, dtype }, { name });
    this.inputs.set(name, tensor.id);
    return tensor;
  }

  /**
   * A weight, by its name within the current scope. Asking again for the same name gives the same value.
   * @param storedShape shape in the file; the value's shape is that after `permute`.
   */
  parameter(name: string, storedShape: Shape, options: { permute?: readonly number[]; dtype?: DType } = {}): Tensor {
    const fullName = [...this.scopes, name].join('.');
    const key = `${fullName}|${(options.permute ?? []).join(',')}|${options.dtype ?? this.dtype}`;
    const known = this.parametersByName.get(key);
    if (known !== undefined) return known;
    const shape = options.permute === undefined ? storedShape : options.permute.map((axis) => storedShape[axis]);
    const tensor = this.leaf('parameter', { shape, dtype: options.dtype ?? this.dtype }, { name: fullName });
    this.parameters.set(tensor.id, { name: fullName, storedShape, ...(options.permute === undefined ? {} : { permute: options.permute }) });
    this.parametersByName.set(key, tensor);
    return tensor;
  }

  /** A value known while tracing, e.g. a rotary table. */
  constant(data: HostTensor['data'], shape: Shape, dtype?: DType): Tensor {
    if (data.length !== elementCount(shape)) {
      throw new AiprodError('shape-mismatch', 'a constant does not fill its shape', {
        where: this.label('constant'),
        expected: `${elementCount(shape)} elements for [${shape.join(', ')}]`,
        found: String(data.length),
      });
    }
    const natural: DType = data instanceof Int32Array ? 'i32' : data instanceof Uint32Array ? 'u32' : 'f32';
    const type = { shape, dtype: dtype ?? natural };
    const tensor = this.leaf('constant', type, {});
    this.constants.set(tensor.id, { ...type, data });
    return tensor;
  }

  /** Adds an operation and returns its value. */
  apply(operation: string, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
    for (const input of inputs) {
      if (input.tracer !== this) throw new AiprodError('internal', 'a tensor of another tracer was used', { where: this.label(operation) });
    }
    let type: TensorType;
    try {
      type = operationNamed(operation).infer(inputs, attributes);
    } catch (cause) {
      if (!(cause instanceof AiprodError)) throw cause;
      throw new AiprodError(
        cause.code,
        `${this.label(operation)} cannot take ${inputs.map(describeType).join(', ')}: ${cause.message}`,
        {},
        { cause },
      );
    }
    return this.node(
      operation,
      inputs.map((input) => input.id),
      attributes,
      type,
    );
  }

  /** Names a value that a run returns. */
  output(name: string, tensor: Tensor): void {
    if (this.outputs.has(name)) throw new AiprodError('internal', `output ${name} is declared twice`);
    this.outputs.set(name, tensor.id);
  }

  /** The finished graph. */
  finish(): Graph {
    if (this.outputs.size === 0) throw new AiprodError('internal', 'a graph without outputs computes nothing');
    return { nodes: this.nodes, inputs: this.inputs, parameters: this.parameters, constants: this.constants, outputs: this.outputs };
  }

  private leaf(operation: string, type: TensorType, attributes: Attributes): Tensor {
    return this.node(operation, [], attributes, type);
  }

  private node(operation: string, inputs: readonly NodeId[], attributes: Attributes, type: TensorType): Tensor {
    const id = this.nodes.length;
    this.nodes.push({ id, operation, inputs, attributes, label: this.label(operation), shape: type.shape, dtype: type.dtype });
    return { tracer: this, id, shape: type.shape, dtype: type.dtype };
  }

  private label(operation: string): string {
    return [...this.scopes, operation].join('.');
  }
}
