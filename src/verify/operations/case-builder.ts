import { AiprodError } from '../../errors';
import type { Tensor, Tracer } from '../../graph';

/** An input tensor of a reference case. */
export interface OperationCaseInput {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
}

/** Declares a case's inputs in a graph under construction. */
export class CaseBuilder {
  /** Values of the declared inputs. */
  readonly values: Record<string, Float32Array> = {};
  private readonly tensors = new Map<string, Tensor>();

  constructor(
    readonly params: unknown,
    private readonly inputs: ReadonlyMap<string, OperationCaseInput>,
    readonly tracer: Tracer,
  ) {}

  has(name: string): boolean {
    return this.inputs.has(name);
  }

  /** The numbers of an input, for what is computed on the CPU. */
  data(name: string): Float32Array {
    const { data } = this.required(name);
    if (!(data instanceof Float32Array)) throw new AiprodError('bad-input', `input ${name} of the case is not float32`);
    return data;
  }

  shape(name: string): readonly number[] {
    return this.required(name).shape;
  }

  /** The input as a value of the graph. */
  input(name: string): Tensor {
    const known = this.tensors.get(name);
    if (known !== undefined) return known;
    const tensor = this.tracer.input(name, this.shape(name));
    this.values[name] = this.data(name);
    this.tensors.set(name, tensor);
    return tensor;
  }

  /** A table computed on the CPU, in the storage type of the graph. */
  table(data: Float32Array, shape: readonly number[]): Tensor {
    return this.tracer.constant(data, shape, this.tracer.dtype);
  }

  output(name: string, tensor: Tensor): void {
    this.tracer.output(name, tensor);
  }

  private required(name: string): OperationCaseInput {
    const input = this.inputs.get(name);
    if (input === undefined)
      throw new AiprodError('bad-input', `the case has no input ${name}`, { expected: [...this.inputs.keys()].join(', ') });
    return input;
  }
}
