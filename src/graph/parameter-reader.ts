import { AiprodError } from '../errors';
import type { EncodedTensor } from '../numeric/quantized';
import type { ParameterSpec } from './graph';
import { elementCount } from './types';

/** Reads a parameter in f32, in the shape of its file. */
export interface ParameterReader {
  (name: string): Float32Array | Promise<Float32Array>;
  /** The parameter as its file keeps it, so that an encoding reaches the GPU unchanged; undefined where there is only f32. */
  readonly stored?: (name: string) => Promise<EncodedTensor | undefined>;
  /** Rows of the parameter's first dimension in f32, one after another, without reading the others. */
  readonly rows?: (name: string, rows: readonly number[]) => Promise<Float32Array>;
}

/** A parameter in f32, in the shape of its file. @throws AiprodError 'bad-weights' when it has another number of elements. */
export async function readFloatParameter(spec: ParameterSpec, read: ParameterReader): Promise<Float32Array> {
  const stored = await read(spec.name);
  const expected = elementCount(spec.storedShape);
  if (stored.length === expected) return stored;
  throw new AiprodError('bad-weights', `weight ${spec.name} does not fit the model`, {
    expected: `${expected} elements for [${spec.storedShape.join(', ')}]`,
    found: `${stored.length} elements`,
  });
}

/**
 * Rows of a table in f32, by number.
 * @returns [rows.length, width], row-major
 * @throws AiprodError 'bad-input' when there is no such row.
 */
export async function readRows(spec: ParameterSpec, rows: ArrayLike<number>, read: ParameterReader): Promise<Float32Array> {
  const [count, width] = spec.storedShape;
  const numbers = Array.from(rows);
  const outside = numbers.find((row) => !(row >= 0 && row < count));
  if (outside !== undefined) {
    throw new AiprodError('bad-input', 'a row number is outside the table', {
      where: spec.name,
      expected: `0 to ${count - 1}`,
      found: String(outside),
    });
  }
  // Prompts are mostly padding: each row is read once.
  const unique = [...new Set(numbers)].sort((a, b) => a - b);
  const values =
    read.rows === undefined ? pickRows(await readFloatParameter(spec, read), unique, width) : await read.rows(spec.name, unique);
  const place = new Map(unique.map((row, k) => [row, k]));
  return pickRows(
    values,
    numbers.map((row) => place.get(row) ?? 0),
    width,
  );
}

/** Rows of a table [V, width], one after another. */
export function pickRows(table: Float32Array, rows: readonly number[], width: number): Float32Array<ArrayBuffer> {
  const picked = new Float32Array(rows.length * width);
  rows.forEach((row, k) => picked.set(table.subarray(row * width, (row + 1) * width), k * width));
  return picked;
}
