/** The values of a tensor graph: element types, shapes, and their plain CPU form. */

import type { ElementType } from '../gpu';
import { describeEncoding, encodedWords, matrixSize, type WeightEncoding } from './weight-encoding';

/** Element types a graph value can have. Arithmetic accumulates in f32 whatever the storage. */
export type DType = ElementType;

/** Sizes of each dimension, outermost first. */
export type Shape = readonly number[];

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  /** How a parameter is kept in GPU memory where that is not `dtype`; kernels decode it while they read. */
  readonly encoding?: WeightEncoding;
  /** On the CPU reference: held in f64 in place of being rounded to f32, for finite differences. */
  readonly precise?: boolean;
}

/** A value on the CPU, row-major. f16 values are held as numbers in a Float32Array; `precise` floats in a Float64Array. */
export interface HostTensor extends TensorType {
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array;
}

/** Bytes of one element in GPU memory. */
export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4 };

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Row-major strides in elements. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Bytes a value occupies in GPU memory: padded to 16 so that a kernel may read whole vec4s. */
export function storageBytes({ shape, dtype, encoding }: TensorType): number {
  const bytes =
    encoding === undefined ? elementCount(shape) * bytesPerElement[dtype] : 4 * encodedWords(encoding, matrixSize(shape, encoding));
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

/** The element type that a kernel's binding has: encoded values are words. */
export function bindingElement({ dtype, encoding }: TensorType): ElementType {
  return encoding === undefined ? dtype : 'u32';
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `[2, 3]f32`, for messages and printed programs. */
export function describeType({ shape, dtype, encoding }: TensorType): string {
  return `[${shape.join(', ')}]${encoding === undefined ? dtype : describeEncoding(encoding)}`;
}

/** An uninitialised CPU value of a type. */
export function emptyHostTensor(type: TensorType): HostTensor {
  const count = elementCount(type.shape);
  if (type.dtype === 'i32') return { shape: type.shape, dtype: type.dtype, data: new Int32Array(count) };
  if (type.dtype === 'u32') return { shape: type.shape, dtype: type.dtype, data: new Uint32Array(count) };
  return { shape: type.shape, dtype: type.dtype, data: type.precise === true ? new Float64Array(count) : new Float32Array(count) };
}
