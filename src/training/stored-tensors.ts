import { AiprodError } from '../errors';
import type { HostTensor } from '../graph';
import { floatToHalfArray } from '../numeric/half';
import { bytesOf, toFloat32, type TensorData, type TensorToWrite } from '../weights';

/** A tensor of a trainer's state as files keep it: bit for bit. */
export function storedTensorOf({ shape, dtype, data }: HostTensor): TensorToWrite {
  switch (dtype) {
    case 'f32':
      return { dtype: 'F32', shape, bytes: bytesOf(Float32Array.from(data)) };
    case 'f16':
      // Held as numbers that halves can be, so that nothing is lost.
      return { dtype: 'F16', shape, bytes: bytesOf(floatToHalfArray(Float32Array.from(data))) };
    case 'i32':
      return { dtype: 'I32', shape, bytes: bytesOf(data) };
    case 'u32':
      return { dtype: 'U32', shape, bytes: bytesOf(data) };
  }
}

/** The inverse. @throws AiprodError 'bad-weights' for a type that no state has */
export function hostTensorOf(tensor: TensorData, where: string): HostTensor {
  const { dtype, shape, bytes } = tensor;
  const words = (): ArrayBuffer => bytes.slice().buffer;
  switch (dtype) {
    case 'F32':
      return { dtype: 'f32', shape, data: toFloat32(tensor) };
    case 'F16':
      return { dtype: 'f16', shape, data: toFloat32(tensor) };
    case 'I32':
      return { dtype: 'i32', shape, data: new Int32Array(words()) };
    case 'U32':
      return { dtype: 'u32', shape, data: new Uint32Array(words()) };
    default:
      throw new AiprodError('bad-weights', 'no state is kept in this type', { where, expected: 'F32, F16, I32 or U32', found: dtype });
  }
}
