import { AiprodError } from '../errors';
import { bfloatToFloatArray, halfToFloatArray } from '../numeric/half';
import { encodings } from '../numeric/quantized';
import { BLOCK_ENCODINGS, isBlockDtype, type TensorDtype } from './dtypes';

/** The bytes of one tensor as stored: little-endian, row-major. Every platform with WebGPU is little-endian too. */
export interface TensorData<Dtype extends TensorDtype = TensorDtype> {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The values as f32, in stored order. F16, BF16, 8-bit floats, blocks and small integers are exact; F64, I32, U32, I64 and U64 are
 * rounded to the nearest f32. F32 data that is aligned is a view of the bytes, not a copy. Scales that a file keeps in another
 * tensor are not applied: a `ParameterSource` does that.
 * @throws AiprodError 'unsupported-model' for F8_E8M0, which is a type of scales.
 */
export function toFloat32(data: TensorData): Float32Array<ArrayBuffer> {
  if (isBlockDtype(data.dtype)) return encodings[BLOCK_ENCODINGS[data.dtype]].decode(data.bytes, elementsOf(data.shape));
  switch (data.dtype) {
    case 'F32':
      return new Float32Array(aligned(data.bytes, 4), ...range(data.bytes, 4));
    case 'F16':
      return halfToFloatArray(new Uint16Array(aligned(data.bytes, 2), ...range(data.bytes, 2)));
    case 'BF16':
      return bfloatToFloatArray(new Uint16Array(aligned(data.bytes, 2), ...range(data.bytes, 2)));
    case 'F64':
      return Float32Array.from(new Float64Array(aligned(data.bytes, 8), ...range(data.bytes, 8)));
    case 'BOOL':
      return Float32Array.from(data.bytes, (byte) => (byte === 0 ? 0 : 1));
    case 'U8':
      return Float32Array.from(data.bytes);
    case 'I8':
      return Float32Array.from(new Int8Array(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length));
    case 'U16':
      return Float32Array.from(new Uint16Array(aligned(data.bytes, 2), ...range(data.bytes, 2)));
    case 'I16':
      return Float32Array.from(new Int16Array(aligned(data.bytes, 2), ...range(data.bytes, 2)));
    case 'U32':
      return Float32Array.from(new Uint32Array(aligned(data.bytes, 4), ...range(data.bytes, 4)));
    case 'I32':
      return Float32Array.from(new Int32Array(aligned(data.bytes, 4), ...range(data.bytes, 4)));
    case 'U64':
      return fromBigints(new BigUint64Array(aligned(data.bytes, 8), ...range(data.bytes, 8)));
    case 'I64':
      return fromBigints(new BigInt64Array(aligned(data.bytes, 8), ...range(data.bytes, 8)));
    case 'F8_E4M3':
      return encodings.fp8_e4m3.decode(data.bytes, data.bytes.length);
    case 'F8_E5M2':
      return encodings.fp8_e5m2.decode(data.bytes, data.bytes.length);
    case 'F8_E8M0':
      throw new AiprodError('unsupported-model', `weights of type ${data.dtype} cannot be used yet`, {
        expected: 'F32, F16, BF16 or another 8-bit float',
        found: data.dtype,
        hint: 'Use another file of this model',
      });
  }
}

/**
 * Refuses weights that are not numbers.
 * @throws AiprodError 'not-finite' that names the tensor and the first bad index.
 */
export function assertFinite(name: string, values: Float32Array, where?: string): void {
  for (let index = 0; index < values.length; index++) {
    // x - x is 0 for every finite x and NaN for all others.
    if (values[index] - values[index] === 0) continue;
    throw new AiprodError('not-finite', `weight ${name} holds ${values[index]} at index ${index}`, {
      where,
      expected: 'finite numbers',
      hint: 'The file is damaged or its training diverged; use another file',
    });
  }
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The buffer to view elements of `size` bytes in; a copy when the bytes start at an odd place. */
function aligned(bytes: Uint8Array<ArrayBuffer>, size: number): ArrayBuffer {
  return bytes.byteOffset % size === 0 ? bytes.buffer : bytes.slice().buffer;
}

/** Offset and element count that belong to `aligned`. */
function range(bytes: Uint8Array, size: number): [offset: number, length: number] {
  return [bytes.byteOffset % size === 0 ? bytes.byteOffset : 0, Math.floor(bytes.byteLength / size)];
}

function fromBigints(values: BigInt64Array | BigUint64Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let k = 0; k < values.length; k++) result[k] = Number(values[k]);
  return result;
}
