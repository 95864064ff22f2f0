import { bfloatToFloatArray, floatToBfloatArray, floatToHalfArray, halfToFloatArray } from '../half';
import { checkLength, type Codec } from './codec';

const shape32 = { blockElements: 1, blockBytes: 4, scales: 'none' } as const;
const shape16 = { blockElements: 1, blockBytes: 2, scales: 'none' } as const;

/** Elements of 16 bits; a copy where the bytes begin at an odd place. */
function words(bytes: Uint8Array, count: number): Uint16Array {
  checkLength(bytes, count, shape16);
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint16Array(Uint8Array.from(bytes.subarray(0, count * 2)).buffer);
}

/** IEEE single precision. */
export const f32: Codec = {
  ...shape32,
  decode(bytes, count) {
    checkLength(bytes, count, shape32);
    return new Float32Array(Uint8Array.from(bytes.subarray(0, count * 4)).buffer);
  },
  encode: (values) => ({ bytes: new Uint8Array(Float32Array.from(values).buffer) }),
};

/** IEEE half precision; beyond 65,504 it becomes infinity. */
export const f16: Codec = {
  ...shape16,
  decode: (bytes, count) => halfToFloatArray(words(bytes, count)),
  encode: (values) => ({ bytes: new Uint8Array(floatToHalfArray(values).buffer) }),
};

/** bfloat16: the upper half of a single. */
export const bf16: Codec = {
  ...shape16,
  decode: (bytes, count) => bfloatToFloatArray(words(bytes, count)),
  encode: (values) => ({ bytes: new Uint8Array(floatToBfloatArray(values).buffer) }),
};
