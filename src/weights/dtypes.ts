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
