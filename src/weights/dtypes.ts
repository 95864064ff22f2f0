import type { Encoding } from '../numeric/quantized';

/** Element types of safetensors files and their sizes in bytes (https://github.com/huggingface/safetensors, Dtype). */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** Name of an element type as safetensors writes it. */
export type StoredDtype = keyof typeof DTYPE_BYTES;

export function isStoredDtype(name: string): name is StoredDtype {
  return Object.hasOwn(DTYPE_BYTES, name);
}

/** Block types of GGUF files that are decoded here, by the names that GGUF gives them. */
export const BLOCK_ENCODINGS = {
  Q8_0: 'q8_0',
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
  Q5_0: 'q5_0',
  Q5_1: 'q5_1',
  Q2_K: 'q2_k',
  Q3_K: 'q3_k',
  Q4_K: 'q4_k',
  Q5_K: 'q5_k',
  Q6_K: 'q6_k',
} as const satisfies Readonly<Record<string, Encoding>>;

export type BlockDtype = keyof typeof BLOCK_ENCODINGS;

export function isBlockDtype(name: string): name is BlockDtype {
  return Object.hasOwn(BLOCK_ENCODINGS, name);
}

/** How a tensor of any weight file is stored: an element type, or blocks. */
export type TensorDtype = StoredDtype | BlockDtype;

/** Element types that are encodings of weights by themselves; integers are so only with a scale beside them. */
const ELEMENT_ENCODINGS: Partial<Record<StoredDtype, Encoding>> = {
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  F8_E4M3: 'fp8_e4m3',
  F8_E5M2: 'fp8_e5m2',
};

/** The encoding of a stored type; undefined for integers, booleans and F64. */
export function encodingOfDtype(dtype: TensorDtype): Encoding | undefined {
  return isBlockDtype(dtype) ? BLOCK_ENCODINGS[dtype] : ELEMENT_ENCODINGS[dtype];
}
