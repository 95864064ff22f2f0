import { AiprodError } from '../errors';
import type { EncodedTensor } from '../numeric/quantized';
import type { ParameterSpec } from './graph';
import { elementCount } from './types';

/** Reads a parameter in f32, in the shape of its file. */
export interface ParameterReader {
  (name: string): Float32Array | Promise<Float32Array>;
  /** The parameter as its file keeps it, so that an encoding reaches the GPU unchanged; undefined where there is only f32. */
  readonly stored?: (name: string) => Promise<EncodedTensor | undefined>;
}

/** A parameter in f32, in the shape of its file. @throws AiprodError 'bad-weights' when it has another number of elements. */
export async function readFloatParameter(spec: ParameterSpec, read: ParameterReader): Promise<Float32Array> {
  const stored = await read(spec.name);
  const expected = elementCount(spec.storedShape);
  if (stored.length === expected) return stored;
  throw new AiprodError('bad-weights', `weight ${spec.name} does not fit the model`, {
    expected: `${expected} elements for [${spec.storedShape.join(', ')}]`,
    found: `${stored.length} elements`,
  });
}
