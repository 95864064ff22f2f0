import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import {
  ParameterStore,
  ProgramInstance,
  type HostTensor,
  type InstanceOptions,
  type ParameterReader,
  type Program,
  type StreamingPlan,
} from '../graph';

/** Weights of one component of a model. */
export interface WeightsOf {
  readonly read: ParameterReader;
  /** Refuses, in one error, every weight that is missing or has another shape than wanted. */
  check(wanted: ReadonlyMap<string, readonly number[]>): Promise<void>;
}

/** Loads a component's weights and a program over them for as long as `body` takes. */
export async function withProgram<T>(
  context: GpuContext,
  weights: WeightsOf,
  program: Program,
  body: (instance: ProgramInstance) => Promise<T>,
  streaming?: StreamingPlan,
  more: Omit<InstanceOptions, 'streaming'> = {},
): Promise<T> {
  await checkWeights(weights, [program]);
  const parameters = new ParameterStore(context, weights.read);
  try {
    const instance = await ProgramInstance.create(program, context, parameters, streaming === undefined ? more : { ...more, streaming });
    try {
      return await body(instance);
    } finally {
      instance.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

/** Refuses weights that programs need and that are missing or of another shape. */
export async function checkWeights(weights: WeightsOf, programs: Iterable<Program>): Promise<void> {
  const wanted = new Map<string, readonly number[]>();
  for (const { buffers } of programs) {
    for (const buffer of buffers)
      if (buffer.kind === 'parameter' || buffer.kind === 'rows') wanted.set(buffer.spec.name, buffer.spec.storedShape);
  }
  await weights.check(wanted);
}

/** Runs a program for one output of floats. */
export async function runForFloats(
  instance: ProgramInstance,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  output: string,
  signal: AbortSignal,
): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array }> {
  return floatsOf(await instance.run(inputs, { signal }), output);
}

/** Runs a program for several outputs of floats. */
export async function runForAllFloats(
  instance: ProgramInstance,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  outputs: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const results = await instance.run(inputs, { signal });
  return outputs.map((output) => floatsOf(results, output).data);
}

function floatsOf(
  results: ReadonlyMap<string, HostTensor>,
  output: string,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const result = results.get(output);
  if (result !== undefined && result.data instanceof Float32Array) return { shape: result.shape, data: result.data };
  throw new AiprodError('internal', `the program has no float output ${output}`);
}
