import { AiprodError } from '../errors';

export type GoldenData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor of a reference case. */
export interface GoldenTensor {
  /** NumPy name: float32, float64, int64, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: GoldenData;
}

/** A folder of reference data; its format is described in `fixtures/golden/README.md`. */
export interface GoldenCase {
  readonly name: string;
  readonly recipe: string;
  /** Reference class of each component, such as `scheduler: diffusers.FlowMatchEulerDiscreteScheduler`. */
  readonly classes: Readonly<Record<string, string>>;
  readonly params: unknown;
  /** The content of config.json: constructor arguments, of each component where there are several. */
  readonly config?: unknown;
  /** By name, without the `in.` of the file. */
  readonly inputs: ReadonlyMap<string, GoldenTensor>;
  /** By name, without the `out.` of the file. */
  readonly outputs: ReadonlyMap<string, GoldenTensor>;
}

/** A tensor that we computed beside the one the reference did. */
export interface Comparison {
  readonly name: string;
  readonly actual: Float32Array | Float64Array;
  readonly expected: GoldenTensor;
}

type Inputs = Pick<GoldenCase, 'name' | 'inputs'>;

/**
 * An input whose data is of one of the kinds.
 *
 * @param expected says in words what is wanted, for the error
 * @throws AiprodError `bad-input` when it is missing or of another type.
 */
export function inputOf<T extends GoldenData>(
  { name: where, inputs }: Inputs,
  name: string,
  kinds: readonly (abstract new (...args: never[]) => T)[],
  expected: string,
): { data: T; shape: readonly number[] } {
  const tensor = inputs.get(name);
  const isWanted = (data: GoldenData): data is T => kinds.some((kind) => data instanceof kind);
  if (tensor !== undefined && isWanted(tensor.data)) return { data: tensor.data, shape: tensor.shape };
  throw new AiprodError('bad-input', `input ${name} of the reference case is not usable`, {
    where,
    expected,
    found: tensor?.dtype ?? 'nothing',
  });
}

/** A float32 input. */
export function floatInput(golden: Inputs, name: string): { data: Float32Array; shape: readonly number[] } {
  return inputOf(golden, name, [Float32Array], 'a float32 tensor');
}

/** An integer input, as 32-bit integers. */
export function integerInput(golden: Inputs, name: string): { data: Int32Array; shape: readonly number[] } {
  const { data, shape } = inputOf<BigInt64Array | Int32Array>(golden, name, [BigInt64Array, Int32Array], 'an integer tensor');
  return { data: data instanceof Int32Array ? data : Int32Array.from(data, Number), shape };
}

/**
 * Pairs computed tensors with the case's outputs.
 *
 * @throws AiprodError `bad-input` for an output that was not computed: every one must be there.
 */
export function compareOutputs(
  { name: where, outputs }: Pick<GoldenCase, 'name' | 'outputs'>,
  computed: ReadonlyMap<string, Float32Array | Float64Array>,
): Comparison[] {
  return Array.from(outputs, ([name, expected]) => {
    const actual = computed.get(name);
    if (actual !== undefined) return { name, actual, expected };
    throw new AiprodError('bad-input', `output ${name} of the reference case is not one this recipe has`, {
      where,
      expected: [...computed.keys()].join(', '),
      found: name,
    });
  });
}
