import { AiprodError } from '../errors';
import { DTYPE_BYTES, type StoredDtype } from './dtypes';
import { joinedBytes } from '../numeric/joined';

/** A tensor to write: little-endian bytes, row-major. */
export interface TensorToWrite {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What `__metadata__` holds. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

const HEADER_ALIGNMENT = 8;

/** Where everything of a safetensors file goes. */
export interface SafetensorsLayout {
  /** The file's first bytes: the header and its length. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Where each tensor begins, in bytes from the start of the file; in the order of the file. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Lays out a safetensors file before its tensors are there.
 * The same tensors give the same bytes: wider types come first and names are in code-unit order, so that every tensor is
 * aligned to its element; metadata keys are sorted; the header is padded with spaces to 8 bytes.
 */
export function safetensorsLayout(
  tensors: ReadonlyMap<string, Pick<TensorToWrite, 'dtype' | 'shape'>>,
  metadata: SafetensorsMetadata = {},
): SafetensorsLayout {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || compare(nameA, nameB));
  const fields: string[] = [];
  const metadataKeys = Object.keys(metadata).sort(compare);
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    fields.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  const places: [string, number][] = [];
  let end = 0;
  for (const [name, { dtype, shape }] of sorted) {
    const begin = end;
    end += bytesOfShape(dtype, shape);
    places.push([name, begin]);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(json.byteLength / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const head = new Uint8Array(8 + headerLength).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerLength), true);
  head.set(json, 8);
  return { head, offsets: new Map(places.map(([name, begin]) => [name, head.length + begin])), size: head.length + end };
}

/**
 * A safetensors file in parts: header, then each tensor, without copying the data; laid out as by {@link safetensorsLayout}.
 * @throws AiprodError 'internal' when a tensor's bytes do not fit its shape.
 */
export function* safetensorsChunks(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: SafetensorsMetadata = {},
): Generator<Uint8Array, void, undefined> {
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  const { head, offsets } = safetensorsLayout(tensors, metadata);
  yield head;
  for (const name of offsets.keys()) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) yield tensor.bytes;
  }
}

/** A whole safetensors file in memory. */
export function writeSafetensors(tensors: ReadonlyMap<string, TensorToWrite>, metadata: SafetensorsMetadata = {}): Uint8Array<ArrayBuffer> {
  return joinedBytes([...safetensorsChunks(tensors, metadata)]);
}

/** The bytes of a typed array, for `TensorToWrite`. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function checkTensor(name: string, tensor: TensorToWrite): void {
  const expected = bytesOfShape(tensor.dtype, tensor.shape);
  if (tensor.bytes.byteLength === expected && name !== '__metadata__' && name.length > 0) return;
  throw new AiprodError('internal', `tensor ${JSON.stringify(name)} cannot be written`, {
    expected: `${expected} bytes for [${tensor.shape.join(', ')}] of ${tensor.dtype}`,
    found: `${tensor.bytes.byteLength} bytes`,
  });
}

function bytesOfShape(dtype: StoredDtype, shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, DTYPE_BYTES[dtype]);
}

/** By UTF-16 code units, the same on every machine, unlike a locale's order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
