import { dequantize, encodings, type EncodedTensor } from '../numeric/quantized';
import { permuteData } from './permute-data';
import type { ParameterSpec } from './graph';
import { readFloatParameter, type ParameterReader } from './parameter-reader';
import type { TensorType } from './types';
import { checkRowMultiple, isStoredAs, matrixSize, type WeightEncoding } from './weight-encoding';

/** A parameter in its encoding, as a matrix with its rows first. */
export interface EncodedMatrix extends EncodedTensor {
  readonly shape: readonly [rows: number, inner: number];
}

/** The stored dimensions in the order of the encoded matrix: the rows' first. */
function matrixOrder(spec: ParameterSpec, { rows }: WeightEncoding): number[] {
  const value = spec.permute ?? spec.storedShape.map((_, axis) => axis);
  return rows === 'first' ? [...value] : [value[value.length - 1], ...value.slice(0, -1)];
}

/**
 * Reads a parameter in an encoding: the bytes as the file keeps them where it keeps them so, else encoded from f32.
 * @throws AiprodError 'shape-mismatch' when the rows do not hold whole blocks, 'bad-weights' when the parameter has another shape.
 */
export async function readEncoded(
  spec: ParameterSpec,
  type: TensorType,
  encoding: WeightEncoding,
  read: ParameterReader,
): Promise<EncodedMatrix> {
  const { rows, inner } = matrixSize(type.shape, encoding);
  checkRowMultiple(encoding, { rows, inner });
  const order = matrixOrder(spec, encoding);
  const stored = await read.stored?.(spec.name);
  if (stored !== undefined && isStoredAs(stored, encoding)) {
    const reordered = reorderCodes(stored, spec.storedShape, order);
    if (reordered !== undefined) return { ...reordered, shape: [rows, inner] };
  }
  const values = await readFloatParameter(spec, read);
  const ordered = isIdentity(order) ? values : permuteData(values, spec.storedShape, order);
  const { groupSize, zeros } = encoding;
  const encoded = encodings[encoding.encoding].encode(ordered, inner, { scaling: 'row', groupSize, zeros });
  return { ...encoded, encoding: encoding.encoding, shape: [rows, inner] };
}

/** The values that kernels see of a parameter in an encoding, in the order of its value. */
export async function readDecoded(
  spec: ParameterSpec,
  type: TensorType,
  encoding: WeightEncoding,
  read: ParameterReader,
): Promise<Float32Array> {
  const matrix = await readEncoded(spec, type, encoding, read);
  const values = dequantize(matrix);
  return encoding.rows === 'first' ? values : permuteData(values, matrix.shape, [1, 0]);
}

/** Codes in another order of dimensions; undefined where codes hang together along the stored rows (blocks, groups). */
function reorderCodes(stored: EncodedTensor, shape: readonly number[], order: readonly number[]): EncodedTensor | undefined {
  if (isIdentity(order)) return stored;
  const { blockElements, blockBytes } = encodings[stored.encoding];
  // Factors count the first stored dimension.
  if (blockElements !== 1 || (stored.scales !== undefined && stored.scales.length > 1 && order[0] !== 0)) return undefined;
  if (blockBytes === 1) return { ...stored, bytes: permuteData(stored.bytes, shape, order) };
  const { buffer, byteOffset, byteLength } = stored.bytes.byteOffset % 2 === 0 ? stored.bytes : stored.bytes.slice();
  return { ...stored, bytes: new Uint8Array(permuteData(new Uint16Array(buffer, byteOffset, byteLength / 2), shape, order).buffer) };
}

function isIdentity(order: readonly number[]): boolean {
  return order.every((axis, k) => axis === k);
}
