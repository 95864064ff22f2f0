import { GgufCursor, type GgufValue } from './gguf-cursor';
import {
  blockOf,
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  GGUF_VERSIONS,
  MOST_READ_DIMENSIONS,
  ORIGINAL_SHAPE_KEY,
  OTHER_TENSOR_TYPES,
  TENSOR_TYPES,
} from './gguf-format';
import { refuse, type TensorEntry } from './safetensors-header';
import { shorten } from './strict-json';

/** What stands before the data of a GGUF file. */
export interface GgufHeader {
  readonly version: number;
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

const MOST_ENTRIES = 200_000;
const LONGEST_KEY = 65_535;
const LONGEST_NAME = 1024;
const LARGEST_ALIGNMENT = 2 ** 20;

/**
 * Reads the header of a GGUF file: magic, version, metadata, then name, dimensions, type and place of each tensor; the data
 * begins at the next multiple of the alignment. Dimensions are turned round, so that the outermost comes first, and tensors that
 * were stored in another shape get their own back.
 * @param bytes the beginning of the file
 * @throws AiprodError 'bad-weights' when anything contradicts the format or the file's size; MoreBytesNeeded when `bytes` end first
 */
export function parseGgufHeader(bytes: Uint8Array, fileSize: number, where: string): GgufHeader {
  const cursor = new GgufCursor(bytes, fileSize, where);
  const magic = cursor.u32();
  if (magic !== GGUF_MAGIC) throw refuse(where, 'this is not a GGUF file', 'a file that begins with GGUF', `0x${magic.toString(16)}`);
  const version = cursor.u32();
  if (!GGUF_VERSIONS.includes(version)) {
    // A small number in the upper bytes only: the other byte order.
    const found = version !== 0 && (version & 0xffff) === 0 ? 'a big-endian file' : `version ${version}`;
    throw refuse(where, 'this kind of GGUF file cannot be read', `version ${GGUF_VERSIONS.join(' or ')}, little-endian`, found);
  }
  // Least sizes: an empty name, no dimensions, type and offset; an empty key, type and a byte.
  const tensorCount = cursor.count('tensors', 24, MOST_ENTRIES);
  const valueCount = cursor.count('metadata values', 13, MOST_ENTRIES);
  const values = readValues(cursor, valueCount, where);
  const alignment = alignmentOf(values, where);
  const infos = Array.from({ length: tensorCount }, () => readTensorInfo(cursor, alignment, where));
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, TensorEntry>();
  for (const { offset, ...info } of infos) {
    const label = `tensor ${JSON.stringify(shorten(info.name))}`;
    if (tensors.has(info.name)) throw refuse(where, `${label} is there twice`, 'different names', 'the same name');
    const byteOffset = dataStart + offset;
    if (byteOffset + info.byteLength > fileSize) {
      throw refuse(where, `${label} ends outside the file`, `an end of at most ${fileSize}`, `${byteOffset + info.byteLength}`);
    }
    const shape = originalShape(info, values, where) ?? info.shape;
    tensors.set(info.name, { ...info, shape, byteOffset });
  }
  refuseOverlaps([...tensors.values()], where);
  return { version, values, tensors };
}

function readValues(cursor: GgufCursor, count: number, where: string): Map<string, GgufValue> {
  const values = new Map<string, GgufValue>();
  for (let k = 0; k < count; k++) {
    const key = cursor.string('a metadata key', LONGEST_KEY);
    if (key.length === 0 || /\p{Cc}/u.test(key)) {
      throw refuse(where, 'a metadata key is not allowed', 'printable characters', JSON.stringify(shorten(key)));
    }
    if (values.has(key)) throw refuse(where, 'a metadata key is there twice', 'different keys', JSON.stringify(shorten(key)));
    values.set(key, cursor.value(key, cursor.valueType(key)));
  }
  return values;
}

function alignmentOf(values: ReadonlyMap<string, GgufValue>, where: string): number {
  const value = values.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPower =
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LARGEST_ALIGNMENT && (value & (value - 1)) === 0;
  if (isPower) return value;
  throw refuse(where, 'general.alignment cannot be used', `a power of two up to ${LARGEST_ALIGNMENT}`, shorten(describeValue(value)));
}

/** A tensor with its place relative to the data. */
interface TensorInfo extends Omit<TensorEntry, 'byteOffset'> {
  readonly offset: number;
}

function readTensorInfo(cursor: GgufCursor, alignment: number, where: string): TensorInfo {
  const name = cursor.string('a tensor name', LONGEST_NAME);
  const label = `tensor ${JSON.stringify(shorten(name))}`;
  if (name.length === 0 || /\p{Cc}/u.test(name)) {
    throw refuse(
      where,
      `${label} has a name that is not allowed`,
      `1 to ${LONGEST_NAME} printable characters`,
      `${name.length} characters`,
    );
  }
  const rank = cursor.u32();
  if (rank > MOST_READ_DIMENSIONS) throw refuse(where, `${label} has too many dimensions`, `at most ${MOST_READ_DIMENSIONS}`, `${rank}`);
  // Innermost first in the file.
  const lengths = Array.from({ length: rank }, () => cursor.u64());
  const typeNumber = cursor.u32();
  const dtype = TENSOR_TYPES.get(typeNumber);
  if (dtype === undefined) {
    const found = OTHER_TENSOR_TYPES.get(typeNumber) ?? `type number ${typeNumber}`;
    throw refuse(where, `${label} has a type that cannot be read`, `one of ${[...TENSOR_TYPES.values()].join(', ')}`, found);
  }
  const block = blockOf(dtype);
  const count = lengths.reduce((product, length) => product * length, 1n);
  const bytes = (count / BigInt(block.elements)) * BigInt(block.bytes);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER) || lengths.some((length) => length > BigInt(Number.MAX_SAFE_INTEGER))) {
    throw refuse(
      where,
      `${label} has a shape that overflows`,
      'fewer than 2^53 bytes',
      `[${[...lengths].reverse().join(', ')}] of ${dtype}`,
    );
  }
  const shape = lengths.map(Number).reverse();
  const rowLength = shape.at(-1) ?? 1;
  if (rowLength % block.elements !== 0) {
    throw refuse(
      where,
      `${label} does not hold whole blocks`,
      `rows of a multiple of ${block.elements} for ${dtype}`,
      `rows of ${rowLength}`,
    );
  }
  const offset = cursor.u64();
  if (offset > BigInt(Number.MAX_SAFE_INTEGER) / 2n || offset % BigInt(alignment) !== 0n) {
    throw refuse(where, `${label} lies at a place that is not allowed`, `a multiple of ${alignment}`, `${offset}`);
  }
  return { name, dtype, shape, offset: Number(offset), byteLength: Number(bytes) };
}

/** The shape that metadata gives a tensor; it must have as many elements. */
function originalShape(
  { name, shape }: Pick<TensorInfo, 'name' | 'shape'>,
  values: ReadonlyMap<string, GgufValue>,
  where: string,
): number[] | undefined {
  const value = values.get(ORIGINAL_SHAPE_KEY + name);
  if (value === undefined) return undefined;
  const lengths = Array.isArray(value)
    ? value.filter((length) => typeof length === 'number' && Number.isInteger(length) && length >= 0)
    : [];
  const elements = shape.reduce((product, length) => product * length, 1);
  if (Array.isArray(value) && lengths.length === value.length && lengths.length <= 8) {
    const original = lengths.map(Number);
    if (original.reduce((product, length) => product * length, 1) === elements) return original;
  }
  throw refuse(
    where,
    `the original shape of tensor ${JSON.stringify(shorten(name))} does not fit it`,
    `a list of lengths with a product of ${elements}`,
    shorten(describeValue(value)),
  );
}

/** Tensors may leave room between them, but share no byte. */
function refuseOverlaps(entries: readonly TensorEntry[], where: string): void {
  const inOrder = entries.filter(({ byteLength }) => byteLength > 0).sort((a, b) => a.byteOffset - b.byteOffset);
  for (let k = 1; k < inOrder.length; k++) {
    const before = inOrder[k - 1];
    const { name, byteOffset } = inOrder[k];
    const end = before.byteOffset + before.byteLength;
    if (byteOffset >= end) continue;
    const label = `tensor ${JSON.stringify(shorten(name))}`;
    throw refuse(where, `${label} overlaps ${JSON.stringify(shorten(before.name))}`, `a begin of ${end} or more`, `${byteOffset}`);
  }
}

/** A metadata value as text; a long list is only counted. */
export function describeValue(value: GgufValue): string {
  if (!isList(value)) return String(value);
  if (value.length > 16) return `[${value.length} values]`;
  return `[${value.map(describeValue).join(', ')}]`;
}

function isList(value: GgufValue): value is readonly GgufValue[] {
  return Array.isArray(value);
}
