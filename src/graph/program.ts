import type { KernelCall } from './operation';
import { describeType, type HostTensor, type TensorType } from './types';
import type { ParameterSpec } from './graph';

/** One GPU buffer of a program. */
export type ProgramBuffer =
  /** Reused by values whose lifetimes do not meet. */
  | { readonly kind: 'transient'; readonly bytes: number }
  | { readonly kind: 'input'; readonly bytes: number; readonly name: string; readonly type: TensorType }
  | { readonly kind: 'parameter'; readonly bytes: number; readonly spec: ParameterSpec; readonly type: TensorType }
  | { readonly kind: 'constant'; readonly bytes: number; readonly value: HostTensor }
  /** Rows of a table that the host reads from the weights, by the numbers in the input `ids`. */
  | { readonly kind: 'rows'; readonly bytes: number; readonly spec: ParameterSpec; readonly ids: string; readonly type: TensorType };

/** One dispatch: a kernel call with its operands resolved to buffers. */
export interface ProgramStep {
  readonly label: string;
  readonly call: KernelCall;
  readonly bindings: readonly ProgramBinding[];
}

/** Part of a buffer that a value lies in. */
export interface BufferPlace {
  readonly buffer: number;
  /** Byte at which the value begins, a multiple of 256. */
  readonly offset: number;
}

/** One storage binding of a dispatch. */
export interface ProgramBinding extends BufferPlace {
  readonly type: TensorType;
  readonly access: 'read' | 'read_write';
}

export interface ProgramOutput extends BufferPlace {
  readonly name: string;
  readonly type: TensorType;
}

/** Bytes a program takes on the device, known before anything is allocated. */
export interface ProgramMemory {
  readonly parameterBytes: number;
  readonly constantBytes: number;
  /** Inputs, and rows of tables that the host reads. */
  readonly inputBytes: number;
  readonly transientBytes: number;
  readonly uniformBytes: number;
  /** Staging buffers through which outputs come back. */
  readonly readbackBytes: number;
  readonly totalBytes: number;
}

/** A compiled graph as plain data: what to hold, what to dispatch in which order, what comes out. */
export interface Program {
  readonly buffers: readonly ProgramBuffer[];
  readonly steps: readonly ProgramStep[];
  readonly outputs: readonly ProgramOutput[];
  readonly memory: ProgramMemory;
}

/** Distance between the uniform parameters of two steps: WebGPU's default offset alignment. */
export const uniformStride = 256;

/** Floating-point operations of one run. */
export function programFlops(program: Program): number {
  return program.steps.reduce((sum, step) => sum + (step.call.flops ?? 0), 0);
}

/** The program as text: buffers, then one line a dispatch. Equal programs print equally. */
export function printProgram(program: Program): string {
  const lines = program.buffers.map((buffer, index) => {
    const what =
      buffer.kind === 'input'
        ? ` ${buffer.name} ${describeType(buffer.type)}`
        : buffer.kind === 'parameter' || buffer.kind === 'rows'
          ? ` ${buffer.spec.name} ${describeType(buffer.type)}`
          : '';
    return `b${index}: ${buffer.kind}${what} ${buffer.bytes} bytes`;
  });
  for (const step of program.steps) {
    const bindings = step.bindings.map((binding) => `${binding.access === 'read' ? '' : '>'}${printPlace(binding)}`).join(' ');
    lines.push(`${step.call.kernel} [${step.call.workgroups.join(' ')}] ${bindings}  // ${step.label}`);
  }
  for (const output of program.outputs) lines.push(`output ${output.name} = ${printPlace(output)} ${describeType(output.type)}`);
  return lines.join('\n');
}

function printPlace({ buffer, offset }: BufferPlace): string {
  return offset === 0 ? `b${buffer}` : `b${buffer}+${offset}`;
}
