import { encodings } from '../numeric/quantized';
import { BLOCK_ENCODINGS, DTYPE_BYTES, isBlockDtype, type TensorDtype } from './dtypes';

/** Numbers of the GGUF format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */

/** `GGUF`, little-endian. */
export const GGUF_MAGIC = 0x46554747;
/** Version 2 made counts and lengths 64 bits wide; 3 allows big-endian files, which no platform here reads. */
export const GGUF_VERSIONS: readonly number[] = [2, 3];
/** Alignment of tensor data where `general.alignment` does not say, in bytes. */
export const DEFAULT_ALIGNMENT = 32;

/** Types of metadata values by their number. */
export const VALUE_TYPES = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'string', 'array', 'u64', 'i64', 'f64'] as const;
export type GgufValueType = (typeof VALUE_TYPES)[number];

/** Least bytes that a value takes: its size, or the length before it. */
export const VALUE_BYTES: Readonly<Record<GgufValueType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  string: 8,
  array: 12,
  u64: 8,
  i64: 8,
  f64: 8,
};

/** Tensor types that are read here, by their number. */
export const TENSOR_TYPES: ReadonlyMap<number, TensorDtype> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [30, 'BF16'],
]);

/** Types that exist and are not read here, for messages. */
export const OTHER_TENSOR_TYPES: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
]);

/** Elements in a block of a type, and bytes. Plain element types are blocks of one. */
export function blockOf(dtype: TensorDtype): { readonly elements: number; readonly bytes: number } {
  if (!isBlockDtype(dtype)) return { elements: 1, bytes: DTYPE_BYTES[dtype] };
  const { blockElements, blockBytes } = encodings[BLOCK_ENCODINGS[dtype]];
  return { elements: blockElements, bytes: blockBytes };
}

/**
 * Shape of a tensor that was stored with other dimensions than it has, in metadata under this and the tensor's name: GGUF has no
 * more than four dimensions, and blocks want rows of their length (ComfyUI-GGUF's convention).
 */
export const ORIGINAL_SHAPE_KEY = 'comfy.gguf.orig_shape.';

/** GGUF's own limit on dimensions, which files are written by. */
export const MOST_DIMENSIONS = 4;

/** What is read: tools for models of video write convolutions in time with all five. */
export const MOST_READ_DIMENSIONS = 5;
