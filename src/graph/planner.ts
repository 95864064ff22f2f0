import { AiprodError } from '../errors';
import { countUses, inputName, typeOf, type Graph, type GraphNode, type NodeId } from './graph';
import {
  bindingAlignment,
  isView,
  operationNamed,
  type Capabilities,
  type KernelOperand,
  type Lowering,
  type MemoryView,
} from './operation';
import { landUpdates } from './passes/land-updates';
import { uniformStride, type BufferPlace, type Program, type ProgramBuffer, type ProgramOutput, type ProgramStep } from './program';
import { bytesPerElement, describeType, storageBytes, type TensorType } from './types';

/** A value's life: from the position that makes it to the last that reads it. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Assigns values to shared buffers: largest first, each to the first buffer whose other tenants' lives it does not meet
 * (greedy by size; Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference").
 * @returns the buffer of each value, and each buffer's size in bytes.
 */
export function shareBuffers(values: readonly Lifetime[]): { assignment: number[]; sizes: number[] } {
  const order = values.map((_, index) => index).sort((a, b) => values[b].bytes - values[a].bytes || a - b);
  const assignment = new Array<number>(values.length);
  const sizes: number[] = [];
  const tenants: Lifetime[][] = [];
  for (const index of order) {
    const value = values[index];
    let slot = tenants.findIndex((others) => others.every((other) => other.last < value.first || value.last < other.first));
    if (slot === -1) {
      slot = tenants.length;
      tenants.push([]);
      sizes.push(value.bytes);
    }
    tenants[slot].push(value);
    assignment[index] = slot;
  }
  return { assignment, sizes };
}

/** Where a value lives while planning: a fixed buffer, or a transient value that will share one; and the byte at which it begins there. */
type Place = { readonly offset: number } & (
  { readonly kind: 'fixed'; readonly buffer: number } | { readonly kind: 'transient'; readonly value: number }
);

/** Turns a graph into a program: selects kernels, gives every value a buffer, and adds up the memory. Pure. */
export function planProgram(traced: Graph, capabilities: Capabilities): Program {
  const graph = landUpdates(traced);
  const updated = new Map([...graph.updates].map(([leaf, value]) => [value, leaf]));
  const uses = countUses(graph);
  const buffers: ProgramBuffer[] = [];
  const places = new Map<NodeId, Place>();
  const lives: { bytes: number; first: number; last: number }[] = [];
  const pending: { label: string; lowering: Lowering; node: GraphNode; scratch: number[]; call: number }[] = [];

  const addTransient = (type: TensorType, position: number): Place & { kind: 'transient' } => {
    lives.push({ bytes: storageBytes(type), first: position, last: position });
    return { kind: 'transient', value: lives.length - 1, offset: 0 };
  };

  graph.nodes.forEach((node, position) => {
    const leaf = leafBuffer(graph, node);
    if (leaf !== undefined) {
      // Parameters and constants nobody reads are dropped by the dead-code pass; inputs stay so that callers may always write them.
      places.set(node.id, { kind: 'fixed', buffer: buffers.length, offset: 0 });
      buffers.push(leaf);
      return;
    }
    for (const id of node.inputs) {
      const place = places.get(id);
      if (place?.kind === 'transient') lives[place.value].last = position;
    }
    const lowering = lower(graph, node, capabilities);
    if (isView(lowering)) {
      places.set(node.id, viewPlace(places.get(node.inputs[0]), node, lowering));
      return;
    }
    const leafOfUpdate = updated.get(node.id);
    places.set(node.id, leafOfUpdate === undefined ? addTransient(node, position) : placeAt(places, leafOfUpdate));
    const scratch = (lowering.scratch ?? []).map((type) => addTransient(type, position).value);
    lowering.calls.forEach((_, call) => pending.push({ label: node.label, lowering, node, scratch, call }));
    if (uses[node.id] === 0) throw new AiprodError('internal', `${node.label} is computed for nobody; run removeDeadCode first`);
  });

  for (const id of graph.outputs.values()) {
    const place = places.get(id);
    if (place?.kind === 'transient') lives[place.value].last = graph.nodes.length;
  }

  const { assignment, sizes } = shareBuffers(lives);
  const firstTransient = buffers.length;
  for (const bytes of sizes) buffers.push({ kind: 'transient', bytes });
  const placeOf = (id: NodeId): BufferPlace => {
    const place = placeAt(places, id);
    return { buffer: place.kind === 'fixed' ? place.buffer : firstTransient + assignment[place.value], offset: place.offset };
  };

  const steps = pending.map(({ label, lowering, node, scratch, call }): ProgramStep => {
    const kernelCall = lowering.calls[call];
    const bindings = kernelCall.operands.map((operand) => {
      const resolved = resolveOperand(operand, graph, node, lowering, (index) => firstTransient + assignment[scratch[index]], placeOf);
      return { ...resolved, access: accessOf(operand, kernelCall.kernel, lowering, call) };
    });
    return { label, call: kernelCall, bindings };
  });

  const outputs = [...graph.outputs].map(([name, id]): ProgramOutput => {
    return { name, ...placeOf(id), type: typeOf(graph.nodes[id]) };
  });
  return { buffers, steps, outputs, memory: memoryOf(buffers, steps, outputs) };
}

function placeAt(places: ReadonlyMap<NodeId, Place>, id: NodeId): Place {
  const place = places.get(id);
  if (place === undefined) throw new AiprodError('internal', `value %${id} has no place`);
  return place;
}

function viewPlace(source: Place | undefined, node: GraphNode, { viewFrom }: MemoryView): Place {
  if (source === undefined) throw new AiprodError('internal', `${node.label} reads a value that was never made`);
  const bytes = viewFrom * bytesPerElement[node.dtype];
  if (bytes % bindingAlignment !== 0) throw new AiprodError('internal', `${node.label} begins at byte ${bytes}, where no binding can`);
  return { ...source, offset: source.offset + bytes };
}

function leafBuffer(graph: Graph, node: GraphNode): ProgramBuffer | undefined {
  const type = typeOf(node);
  const bytes = storageBytes(type);
  switch (node.operation) {
    case 'input':
      return { kind: 'input', bytes, name: inputName(node), type };
    case 'parameter': {
      const spec = graph.parameters.get(node.id);
      if (spec === undefined) throw new AiprodError('internal', `node %${node.id} has no parameter`);
      return { kind: 'parameter', bytes, spec, type };
    }
    case 'hostRows': {
      const spec = graph.parameters.get(node.id);
      const { ids } = node.attributes;
      if (spec === undefined || typeof ids !== 'string') throw new AiprodError('internal', `node %${node.id} has no table`);
      return { kind: 'rows', bytes, spec, ids, type };
    }
    case 'constant': {
      const value = graph.constants.get(node.id);
      if (value === undefined) throw new AiprodError('internal', `node %${node.id} has no constant`);
      return { kind: 'constant', bytes, value };
    }
    default:
      return undefined;
  }
}

function lower(graph: Graph, node: GraphNode, capabilities: Capabilities): Lowering | MemoryView {
  const types = node.inputs.map((id) => typeOf(graph.nodes[id]));
  const output = typeOf(node);
  for (const type of [...types, output]) {
    if (type.dtype === 'f16' && !capabilities.f16) {
      throw new AiprodError('missing-feature', `${node.label} uses f16 values`, {
        expected: 'an adapter with the shader-f16 feature',
        found: 'an adapter without it',
        hint: 'Use --dtype f32',
      });
    }
    if (storageBytes(type) > capabilities.maxBindingBytes) {
      throw new AiprodError('out-of-memory', `${node.label} needs the value ${describeType(type)} in one binding`, {
        expected: `at most ${capabilities.maxBindingBytes} bytes on this device`,
        found: `${storageBytes(type)} bytes`,
        hint: 'Choose a smaller width, height or number of frames',
      });
    }
  }
  const own = node.epilogue === undefined ? types : types.slice(0, node.epilogue.firstInput);
  return operationNamed(node.operation).lower({
    inputs: own,
    output,
    attributes: node.attributes,
    capabilities,
    ...(node.epilogue === undefined
      ? {}
      : { epilogue: { expression: node.epilogue.expression, inputs: types.slice(node.epilogue.firstInput) } }),
  });
}

function resolveOperand(
  operand: KernelOperand,
  graph: Graph,
  node: GraphNode,
  lowering: Lowering,
  scratchBuffer: (index: number) => number,
  placeOf: (id: NodeId) => BufferPlace,
): BufferPlace & { type: TensorType } {
  switch (operand.kind) {
    case 'input': {
      const id = node.inputs[operand.index];
      return { ...placeOf(id), type: typeOf(graph.nodes[id]) };
    }
    case 'output':
      return { ...placeOf(node.id), type: typeOf(node) };
    case 'scratch': {
      const type = lowering.scratch?.[operand.index];
      if (type === undefined) throw new AiprodError('internal', `${node.label} names scratch ${operand.index}, which it did not ask for`);
      return { buffer: scratchBuffer(operand.index), offset: 0, type };
    }
  }
}

/** Inputs are read; the output and scratch are written, unless the call says that it only reads them. */
function accessOf(operand: KernelOperand, kernel: string, lowering: Lowering, call: number): 'read' | 'read_write' {
  if (operand.kind === 'input') return 'read';
  if (operand.kind === 'scratch' && operand.access === 'read') {
    const writtenBefore = lowering.calls
      .slice(0, call)
      .some((earlier) =>
        earlier.operands.some((other) => other.kind === 'scratch' && other.index === operand.index && other.access !== 'read'),
      );
    if (!writtenBefore) throw new AiprodError('internal', `${kernel} reads scratch ${operand.index} before any call wrote it`);
    return 'read';
  }
  return 'read_write';
}

function memoryOf(buffers: readonly ProgramBuffer[], steps: readonly ProgramStep[], outputs: readonly ProgramOutput[]): Program['memory'] {
  const sum = (kind: ProgramBuffer['kind']): number =>
    buffers.reduce((total, buffer) => total + (buffer.kind === kind ? buffer.bytes : 0), 0);
  const uniformBytes = steps.filter((step) => step.call.uniforms !== undefined).length * uniformStride;
  const readbackBytes = outputs.reduce((total, output) => total + storageBytes(output.type), 0);
  const parts = {
    parameterBytes: sum('parameter'),
    constantBytes: sum('constant'),
    inputBytes: sum('input') + sum('rows'),
    transientBytes: sum('transient'),
    uniformBytes,
    readbackBytes,
  };
  return { ...parts, totalBytes: Object.values(parts).reduce((total, bytes) => total + bytes, 0) };
}
