import { pickRows } from '../graph';
import { dequantize } from '../numeric/quantized';
import { isBlockDtype } from './dtypes';
import { blockOf } from './gguf-format';
import type { TensorEntry } from './safetensors-header';
import { readScaledWeight, type ScaledWeight } from './scaled-weights';
import { toFloat32, type TensorData } from './tensor-data';
import type { WeightSet } from './weight-set';

/** Rows of a weight, where to find it, and how it is scaled. */
export interface RowsRequest {
  readonly name: string;
  readonly entry: TensorEntry;
  readonly weight: ScaledWeight | undefined;
  /** Rising. */
  readonly rows: readonly number[];
  readonly weights: Pick<WeightSet, 'readTensor' | 'readBytes'>;
}

/**
 * Reads some rows of a weight by their place in the file, rows that follow each other at once. A weight whose rows share blocks is
 * read whole.
 * @returns values in f32, one row after another
 */
export async function readStoredRows({ name, entry, weight, rows, weights }: RowsRequest): Promise<Float32Array<ArrayBuffer>> {
  const { dtype } = entry;
  const shape = weight?.shape ?? entry.shape;
  const [count = 1, ...rest] = shape;
  const width = rest.reduce((product, length) => product * length, 1);
  if (isBlockDtype(dtype) && width % blockOf(dtype).elements !== 0) {
    const table = toFloat32(await weights.readTensor(name));
    return pickRows(table, rows, width);
  }
  const rowBytes = entry.byteLength / count;
  const reading: Promise<Uint8Array<ArrayBuffer>>[] = [];
  for (let first = 0; first < rows.length;) {
    let end = first + 1;
    while (end < rows.length && rows[end] === rows[end - 1] + 1) end++;
    reading.push(weights.readBytes(name, rows[first] * rowBytes, (end - first) * rowBytes));
    first = end;
  }
  const bytes = new Uint8Array(rows.length * rowBytes);
  let at = 0;
  for (const part of await Promise.all(reading)) {
    bytes.set(part, at);
    at += part.length;
  }
  const ownShape = [rows.length, ...rest];
  if (weight === undefined) return toFloat32({ dtype, shape: ownShape, bytes });
  const codes: TensorData = { dtype, shape: ownShape, bytes };
  // Factors are few: all of them are read.
  const { scales, zeros, encoding } = await readScaledWeight(weight, {
    readTensor: async (tensor) => (tensor === name ? codes : weights.readTensor(tensor)),
  });
  const ofRows = (factors: Float32Array<ArrayBuffer> | undefined): Float32Array<ArrayBuffer> | undefined => {
    if (factors === undefined || factors.length === 1) return factors;
    return pickRows(factors, rows, factors.length / count);
  };
  return dequantize({ encoding, shape: ownShape, bytes, scales: ofRows(scales), zeros: ofRows(zeros) });
}
