import { floatToBfloatArray, floatToHalfArray } from '../../numeric/half';
import { bytesOf, type ParameterSource, type StoredDtype, type TensorToWrite } from '../../weights';
import type { ReadTrained } from './lora-file';

/** Weights in the type that the base has them in, where that is a float; f32 where it is another. */
export async function componentFile(
  base: ParameterSource,
  trained: ReadonlySet<string>,
  read: ReadTrained,
): Promise<Map<string, TensorToWrite>> {
  const tensors = new Map<string, TensorToWrite>();
  for (const name of base.names()) {
    const values = trained.has(name) ? await read(name) : await base.load(name);
    tensors.set(name, stored(values, base.shape(name), base.dtype(name)));
  }
  return tensors;
}

function stored(values: Float32Array, shape: readonly number[], dtype: string): TensorToWrite {
  const as = (type: StoredDtype, numbers: ArrayBufferView): TensorToWrite => ({ dtype: type, shape, bytes: bytesOf(numbers) });
  if (dtype === 'F16') return as('F16', floatToHalfArray(values));
  if (dtype === 'BF16') return as('BF16', floatToBfloatArray(values));
  return as('F32', values);
}
