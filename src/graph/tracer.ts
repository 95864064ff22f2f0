import { AiprodError } from '../errors';
import type { Graph, GraphNode, NodeId, ParameterSpec } from './graph';
import { operationNamed, type Attributes } from './operation';
import { describeType, elementCount, sameShape, type DType, type HostTensor, type Shape, type TensorType } from './types';

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
  private readonly updates = new Map<NodeId, NodeId>();
  private readonly scopes: string[] = [];

  constructor(options: TracerOptions = {}) {
    this.dtype = options.dtype ?? 'f32';
  }

  /** A tracer that goes on where a finished graph ends: its nodes, outputs and updates are there already. */
  static extending(graph: Graph, options: TracerOptions = {}): Tracer {
    const tracer = new Tracer(options);
    tracer.nodes.push(...graph.nodes);
    for (const [name, id] of graph.inputs) tracer.inputs.set(name, id);
    for (const [id, constant] of graph.constants) tracer.constants.set(id, constant);
    for (const [name, id] of graph.outputs) tracer.outputs.set(name, id);
    for (const [leaf, value] of graph.updates) tracer.updates.set(leaf, value);
    for (const [id, spec] of graph.parameters) {
      tracer.parameters.set(id, spec);
      tracer.parametersByName.set(parameterKey(spec.name, spec.permute, graph.nodes[id].dtype), tracer.value(id));
    }
    return tracer;
  }

  /** The value of a node. */
  value(id: NodeId): Tensor {
    const { shape, dtype } = this.nodeAt(id);
    return { tracer: this, id, shape, dtype };
  }

  /** A node that was recorded. */
  nodeAt(id: NodeId): GraphNode {
    const node = this.nodes[id];
    if (node === undefined) throw new AiprodError('internal', `node %${id} was not traced`);
    return node;
  }

  /** The parameters recorded so far, with their values. */
  parameterValues(): { readonly spec: ParameterSpec; readonly value: Tensor }[] {
    return Array.from(this.parameters, ([id, spec]) => ({ spec, value: this.value(id) }));
  }

  /** The value of a declared input. */
  inputValue(name: string): Tensor {
    const id = this.inputs.get(name);
    if (id === undefined) throw new AiprodError('internal', `there is no input ${name}`, { expected: [...this.inputs.keys()].join(', ') });
    return this.value(id);
  }

  /** The value of a named output. */
  outputValue(name: string): Tensor {
    const id = this.outputs.get(name);
    if (id === undefined)
      throw new AiprodError('internal', `there is no output ${name}`, { expected: [...this.outputs.keys()].join(', ') });
    return this.value(id);
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
    const key = parameterKey(fullName, options.permute, options.dtype ?? this.dtype);
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

  /** Makes a parameter or an input the state of a program: after a run its memory holds `value`, which the next run reads. */
  update(leaf: Tensor, value: Tensor): void {
    const { operation, label } = this.nodeAt(leaf.id);
    if (operation !== 'parameter' && operation !== 'input') {
      throw new AiprodError('internal', 'only parameters and inputs can be updated', { where: label, found: operation });
    }
    if (this.updates.has(leaf.id)) throw new AiprodError('internal', 'a value is updated twice', { where: label });
    if (!sameShape(leaf.shape, value.shape) || leaf.dtype !== value.dtype) {
      throw new AiprodError('shape-mismatch', 'an update is not of the type of what it replaces', {
        where: label,
        expected: describeType(leaf),
        found: describeType(value),
      });
    }
    this.updates.set(leaf.id, value.id);
  }

  /** The finished graph. */
  finish(): Graph {
    const { nodes, inputs, parameters, constants, outputs, updates } = this;
    if (outputs.size === 0 && updates.size === 0) throw new AiprodError('internal', 'a graph without outputs computes nothing');
    return { nodes, inputs, parameters, constants, outputs, updates };
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

function parameterKey(name: string, permute: readonly number[] | undefined, dtype: DType): string {
  return `${name}|${(permute ?? []).join(',')}|${dtype}`;
}
