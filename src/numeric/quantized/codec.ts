import { AiprodError } from '../../errors';

/** Values in an encoding. Bytes are in row-major order; blocks never cross the end of a row. */
export interface EncodedValues {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Factors kept beside the codes: one for the tensor or one per row (fp8), one per row (int8), or one per group,
   * row after row (int4). Absent where blocks hold their own, and for fp8 without scaling, where the factor is 1.
   */
  readonly scales?: Float32Array<ArrayBuffer>;
  /** Zero points of int4, one per group beside its scale, whole numbers from -8 to 7; absent when all are 0. */
  readonly zeros?: Float32Array<ArrayBuffer>;
}

/** How to encode; each encoding reads what concerns it. */
export interface EncodeOptions {
  /** fp8: scales so that the largest magnitude of the tensor or of each row becomes the largest code; 'none' by default. */
  readonly scaling?: 'none' | 'tensor' | 'row';
  /** int4: values that share a scale; 32 by default. */
  readonly groupSize?: GroupSize;
  /** int4: a zero point per group, for values that do not lie about 0. */
  readonly zeros?: boolean;
}

/** Values per scale that int4 knows. */
export const groupSizes = [32, 64, 128] as const;
export type GroupSize = (typeof groupSizes)[number];

/** One way of storing weights. */
export interface Codec {
  /** Values in a block: the least that can be decoded alone. Rows hold whole blocks. */
  readonly blockElements: number;
  readonly blockBytes: number;
  /** What is kept beside the bytes: nothing, a factor for the tensor or each row, a factor for each row, or one for each group. */
  readonly scales: 'none' | 'tensor-or-row' | 'row' | 'group';
  /**
   * The stored codes as f32, exact; factors kept beside the bytes are not applied (`dequantize` does that).
   * @param bytes whole blocks
   * @param count values wanted, from the first; at most what the bytes hold
   */
  decode(bytes: Uint8Array, count: number): Float32Array<ArrayBuffer>;
  /**
   * @param rowLength values in a row: the length of the innermost axis for GGUF blocks and int4, values per output channel for
   *   int8 and fp8 scales per row
   * @throws AiprodError 'shape-mismatch' when rows do not hold whole blocks, 'not-finite' for values the encoding has no code for
   */
  encode(values: Float32Array, rowLength: number, options?: EncodeOptions): EncodedValues;
}

/** Refuses rows that an encoding cannot hold. */
export function checkRows(values: Float32Array, rowLength: number, multiple: number, encoding: string): void {
  if (Number.isInteger(rowLength) && rowLength > 0 && rowLength % multiple === 0 && values.length % rowLength === 0) return;
  throw new AiprodError('shape-mismatch', `these values cannot be stored as ${encoding}`, {
    expected: `rows of a multiple of ${multiple} values`,
    found: `${values.length} values in rows of ${rowLength}`,
    hint: 'Keep this tensor in bf16 or f16',
  });
}

/** Refuses values that an encoding has no code for. */
export function checkFinite(values: Float32Array, encoding: string): void {
  for (let k = 0; k < values.length; k++) {
    // x - x is 0 for every finite x and NaN for all others.
    if (values[k] - values[k] === 0) continue;
    throw new AiprodError('not-finite', `value ${values[k]} at index ${k} cannot be stored as ${encoding}`, { expected: 'finite numbers' });
  }
}

/** Refuses bytes that hold fewer values than wanted. */
export function checkLength(bytes: Uint8Array, count: number, codec: Pick<Codec, 'blockBytes' | 'blockElements'>): void {
  const needed = Math.ceil(count / codec.blockElements) * codec.blockBytes;
  if (bytes.byteLength >= needed) return;
  throw new AiprodError('shape-mismatch', 'there are too few bytes to decode', {
    expected: `${needed} bytes for ${count} values`,
    found: `${bytes.byteLength} bytes`,
  });
}

/** Whole number nearest to x, ties to even. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Whole number nearest to x, ties away from 0, as C's `roundf` does. */
export function roundHalfAway(x: number): number {
  return x < 0 ? -Math.floor(-x + 0.5) : Math.floor(x + 0.5);
}

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}
