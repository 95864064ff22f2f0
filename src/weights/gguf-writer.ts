import { AiprodError } from '../errors';
import type { TensorDtype } from './dtypes';
import type { GgufValue } from './gguf-cursor';
import {
  blockOf,
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  MOST_DIMENSIONS,
  ORIGINAL_SHAPE_KEY,
  TENSOR_TYPES,
  VALUE_TYPES,
  type GgufValueType,
} from './gguf-format';

/** A tensor to write: rows of whole blocks, outermost axis first. */
export interface GgufTensorToWrite {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A metadata value with its type. */
export type GgufValueToWrite =
  | { readonly type: Exclude<GgufValueType, 'string' | 'bool' | 'array' | 'u64' | 'i64'>; readonly value: number }
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: 'string'; readonly values: readonly string[] }
  | {
      readonly type: 'array';
      readonly of: Exclude<GgufValueType, 'string' | 'bool' | 'array' | 'u64' | 'i64'>;
      readonly values: readonly number[];
    };

export interface GgufMetadata {
  /** `general.architecture`: ltxv, t5encoder, ... */
  readonly architecture: string;
  readonly values?: ReadonlyMap<string, GgufValueToWrite>;
}

const typeNumbers = new Map([...TENSOR_TYPES].map(([number, dtype]) => [dtype, number]));

/** Where everything of a GGUF file goes. */
export interface GgufLayout {
  /** The file's first bytes: the header with the padding behind it. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Where each tensor begins, in bytes from the start of the file. What lies between tensors is 0. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Lays out a GGUF file (version 3) before its tensors are there. They keep the order they are given in. One whose shape GGUF cannot
 * have (more than four dimensions, or rows that hold no whole blocks) is stored flat, in rows of its block, with its shape in the
 * metadata as ComfyUI-GGUF has it. Data is aligned to 32 bytes, so `general.alignment` is left unsaid.
 * @throws AiprodError 'internal' when a tensor holds no whole blocks, or its type is none of GGUF
 */
export function ggufLayout(
  tensors: ReadonlyMap<string, Pick<GgufTensorToWrite, 'dtype' | 'shape'>>,
  { architecture, values = new Map() }: GgufMetadata,
): GgufLayout {
  const metadata = new Map<string, GgufValueToWrite>([['general.architecture', { type: 'string', value: architecture }], ...values]);
  const places: { readonly name: string; readonly lengths: readonly number[]; readonly typeNumber: number; readonly offset: number }[] = [];
  let end = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const lengths = storedLengths(name, dtype, shape);
    if (lengths.length !== shape.length || lengths.some((length, k) => length !== shape[k])) {
      metadata.set(ORIGINAL_SHAPE_KEY + name, { type: 'array', of: 'i32', values: shape });
    }
    const typeNumber = typeNumbers.get(dtype);
    if (typeNumber === undefined) throw new AiprodError('internal', `GGUF has no type ${dtype}, which ${name} would need`);
    places.push({ name, lengths, typeNumber, offset: end });
    end += padded(bytesOfShape(dtype, shape));
  }
  const parts = new HeaderParts();
  parts.u32(GGUF_MAGIC);
  parts.u32(3);
  parts.u64(tensors.size);
  parts.u64(metadata.size);
  for (const [key, value] of metadata) {
    parts.string(key);
    parts.value(value);
  }
  for (const place of places) {
    parts.string(place.name);
    parts.u32(place.lengths.length);
    for (const length of [...place.lengths].reverse()) parts.u64(length);
    parts.u32(place.typeNumber);
    parts.u64(place.offset);
  }
  const head = parts.padded();
  return { head, offsets: new Map(places.map(({ name, offset }) => [name, head.length + offset])), size: head.length + end };
}

/**
 * A whole GGUF file in memory, laid out as by {@link ggufLayout}.
 * @throws AiprodError 'internal' when a tensor's bytes do not fit its shape, or the type is none of GGUF
 */
export function writeGguf(tensors: ReadonlyMap<string, GgufTensorToWrite>, metadata: GgufMetadata): Uint8Array<ArrayBuffer> {
  for (const [name, { dtype, shape, bytes }] of tensors) {
    if (bytes.byteLength !== bytesOfShape(dtype, shape)) throw misfit(name, dtype, shape, `${bytes.byteLength} bytes`);
  }
  const { head, offsets, size } = ggufLayout(tensors, metadata);
  const file = new Uint8Array(size);
  file.set(head);
  for (const [name, { bytes }] of tensors) file.set(bytes, offsets.get(name));
  return file;
}

/**
 * A metadata value as it was read, to be written again. Which width of integer a number had is not known: it gets 32 bits.
 * @throws AiprodError 'bad-weights' for lists within lists, which no file here needs
 */
export function ggufValueToWrite(key: string, value: GgufValue): GgufValueToWrite {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'bigint') return { type: value < 0n ? 'i64' : 'u64', value };
  if (typeof value === 'number') return { type: numberType([value]), value };
  const texts = value.filter((item) => typeof item === 'string');
  if (texts.length === value.length) return { type: 'array', of: 'string', values: texts };
  const numbers = value.filter((item) => typeof item === 'number');
  if (numbers.length === value.length) return { type: 'array', of: numberType(numbers), values: numbers };
  throw new AiprodError('bad-weights', `the metadata ${key} cannot be copied`, { expected: 'a list of texts or of numbers' });
}

function numberType(values: readonly number[]): 'u32' | 'i32' | 'f32' | 'f64' {
  if (values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)) return 'u32';
  if (values.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31)) return 'i32';
  return values.every((value) => Object.is(Math.fround(value), value)) ? 'f32' : 'f64';
}

function padded(length: number): number {
  return Math.ceil(length / DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT;
}

function bytesOfShape(dtype: TensorDtype, shape: readonly number[]): number {
  const block = blockOf(dtype);
  return (shape.reduce((product, length) => product * length, 1) / block.elements) * block.bytes;
}

/** The dimensions a tensor is stored with, outermost first. */
function storedLengths(name: string, dtype: TensorDtype, shape: readonly number[]): readonly number[] {
  const block = blockOf(dtype);
  const count = shape.reduce((product, length) => product * length, 1);
  if (count % block.elements !== 0) throw misfit(name, dtype, shape, `${count} elements`);
  if (shape.length <= MOST_DIMENSIONS && (shape.at(-1) ?? 1) % block.elements === 0) return shape;
  return [count / block.elements, block.elements];
}

function misfit(name: string, dtype: TensorDtype, shape: readonly number[], found: string): AiprodError {
  return new AiprodError('internal', `tensor ${JSON.stringify(name)} cannot be written`, {
    expected: `whole blocks for [${shape.join(', ')}] of ${dtype}`,
    found,
  });
}

/** Grows the header piece by piece. */
class HeaderParts {
  private readonly parts: Uint8Array[] = [];
  private readonly encoder = new TextEncoder();

  u32(value: number): void {
    this.number('u32', value);
  }

  u64(value: number): void {
    this.number('u64', BigInt(value));
  }

  string(text: string): void {
    const bytes = this.encoder.encode(text);
    this.u64(bytes.byteLength);
    this.parts.push(bytes);
  }

  value(value: GgufValueToWrite): void {
    this.u32(VALUE_TYPES.indexOf(value.type));
    switch (value.type) {
      case 'string':
        this.string(value.value);
        break;
      case 'bool':
        this.number('u8', value.value ? 1 : 0);
        break;
      case 'array':
        this.u32(VALUE_TYPES.indexOf(value.of));
        this.u64(value.values.length);
        if (value.of === 'string') for (const text of value.values) this.string(text);
        else for (const number of value.values) this.number(value.of, number);
        break;
      default:
        this.number(value.type, value.value);
    }
  }

  /** All of it, filled up to the alignment. */
  padded(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(padded(this.parts.reduce((sum, part) => sum + part.byteLength, 0)));
    let at = 0;
    for (const part of this.parts) {
      result.set(part, at);
      at += part.byteLength;
    }
    return result;
  }

  private number(type: Exclude<GgufValueType, 'string' | 'bool' | 'array'>, value: number | bigint): void {
    this.parts.push(new Uint8Array(littleEndian(type, value)));
  }
}

function littleEndian(type: Exclude<GgufValueType, 'string' | 'bool' | 'array'>, value: number | bigint): ArrayBuffer {
  switch (type) {
    case 'u8':
      return Uint8Array.of(Number(value)).buffer;
    case 'i8':
      return Int8Array.of(Number(value)).buffer;
    case 'u16':
      return Uint16Array.of(Number(value)).buffer;
    case 'i16':
      return Int16Array.of(Number(value)).buffer;
    case 'u32':
      return Uint32Array.of(Number(value)).buffer;
    case 'i32':
      return Int32Array.of(Number(value)).buffer;
    case 'f32':
      return Float32Array.of(Number(value)).buffer;
    case 'f64':
      return Float64Array.of(Number(value)).buffer;
    case 'u64':
      return BigUint64Array.of(BigInt(value)).buffer;
    case 'i64':
      return BigInt64Array.of(BigInt(value)).buffer;
  }
}
