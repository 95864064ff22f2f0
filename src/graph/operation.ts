import { AiprodError } from '../errors';
import type { Capabilities, KernelVariant } from '../gpu';
import type { PointwiseExpression } from './pointwise/expression';
import type { Tensor } from './tracer';
import type { HostTensor, TensorType } from './types';
import type { WeightEncoding } from './weight-encoding';

export { plainestCapabilities, type Capabilities } from '../gpu';

/** What an operation is told beside its inputs: plain, printable, comparable. */
export interface Attributes {
  readonly [name: string]: AttributeValue | undefined;
}
export type AttributeValue = number | string | boolean | null | readonly AttributeValue[] | PointwiseExpression | Attributes;

/** Which value a kernel's binding reads or writes. */
export type KernelOperand =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output' }
  /** A temporary value of the lowering; written unless `access` says that this call only reads it. */
  | { readonly kind: 'scratch'; readonly index: number; readonly access?: 'read' };

/** One word of a kernel's uniform parameters. */
export type UniformWord = { readonly u32: number } | { readonly i32: number } | { readonly f32: number };

/** One dispatch of one kernel, as data. */
export interface KernelCall extends KernelVariant {
  /** Storage bindings in the order of their binding numbers in group 0; their element types become `T0`, `T1`, ... */
  readonly operands: readonly KernelOperand[];
  /** Uniform parameters, bound in group 1 binding 0 as a struct of 4-byte words; absent when the kernel has none. */
  readonly uniforms?: readonly UniformWord[];
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, for the profiler's rates. */
  readonly flops?: number;
}

/** Everything kernel selection may look at. */
export interface LoweringRequest {
  /** The operation's own inputs. */
  readonly inputs: readonly TensorType[];
  /** What is stored, after the epilogue. */
  readonly output: TensorType;
  readonly attributes: Attributes;
  /** Arithmetic to apply before storing; operand index of its input k is `inputs.length + k`. */
  readonly epilogue?: { readonly expression: PointwiseExpression; readonly inputs: readonly TensorType[] };
  readonly capabilities: Capabilities;
  /** Forces a kernel by name (benchmarks, tuner); selection throws when it cannot serve the request. */
  readonly forceKernel?: string;
}

/** The kernels that compute an operation, in order, and the temporary values they share. */
export interface Lowering {
  readonly calls: readonly KernelCall[];
  readonly scratch?: readonly TensorType[];
}

/**
 * In place of kernels: the output is the memory of the operation's first input from an element on, under another shape. The
 * element's byte must be one where a binding may begin, see {@link bindingAlignment}.
 */
export interface MemoryView {
  readonly viewFrom: number;
}

/** WebGPU's default alignment of a storage binding's first byte. Not asked of the device: programs are the same everywhere. */
export const bindingAlignment = 256;

export function isView(lowered: Lowering | MemoryView): lowered is MemoryView {
  return 'viewFrom' in lowered;
}

/** What a gradient rule is told: the operation's values, and the gradient of the loss by its result. */
export interface GradientRequest {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Of the output's shape, f32. */
  readonly gradient: Tensor;
  readonly attributes: Attributes;
  /** Whether anybody asks for the gradient by input `index`; never for integers. */
  readonly wants: (index: number) => boolean;
}

/**
 * Traces the gradients by the inputs, each of its input's shape; undefined where it is not wanted, or zero everywhere.
 * Rules are made of ordinary operations where those suffice.
 */
export type GradientRule = (request: GradientRequest) => readonly (Tensor | undefined)[];

/** One word of the graph's vocabulary. */
export interface Operation {
  readonly name: string;
  /** Shape rule. Throws AiprodError('shape-mismatch') that says what was expected. */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType;
  /** CPU reference in f64, the judge of every kernel. */
  reference(inputs: readonly HostTensor[], attributes: Attributes, output: TensorType): HostTensor;
  /** Kernel selection: pure. */
  lower(request: LoweringRequest): Lowering | MemoryView;
  /** Reverse-mode rule; absent where none is known. */
  readonly gradient?: GradientRule;
  /** Whether a pointwise expression behind the operation can become its epilogue; absent when it never can. */
  readonly absorbsEpilogue?: (inputs: readonly TensorType[], attributes: Attributes) => boolean;
  /**
   * The input that kernels can read encoded, and which of its dimensions counts the rows; absent, or undefined, when there is none.
   */
  readonly decodes?: (
    inputs: readonly TensorType[],
    attributes: Attributes,
  ) => { readonly input: number; readonly rows: WeightEncoding['rows'] } | undefined;
}

const registry = new Map<string, Operation>();

/** Adds an operation to the graph's vocabulary; returns it. */
export function defineOperation(operation: Operation): Operation {
  if (registry.has(operation.name)) throw new AiprodError('internal', `operation ${operation.name} is defined twice`);
  registry.set(operation.name, operation);
  return operation;
}

/** Names of the whole vocabulary. */
export function operationNames(): string[] {
  return [...registry.keys()];
}

export function operationNamed(name: string): Operation {
  const operation = registry.get(name);
  if (operation === undefined) {
    throw new AiprodError('internal', `no operation named ${name}`, { expected: [...registry.keys()].join(', ') });
  }
  return operation;
}
