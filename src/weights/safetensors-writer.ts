import { AiprodError } from '../errors';
import { DTYPE_BYTES, type StoredDtype } from './dtypes';

/** A tensor to write: little-endian bytes, row-major. */
export interface TensorToWrite {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What `__metadata__` holds. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

const HEADER_ALIGNMENT = 8;

/**
 * A safetensors file in parts: header, then each tensor, without copying the data.
 * The same tensors give the same bytes: wider types come first and names are in code-unit order, so that every tensor is
 * aligned to its element; metadata keys are sorted; the header is padded with spaces to 8 bytes.
 * @throws AiprodError 'internal' when a tensor's bytes do not fit its shape.
 */
export function* safetensorsChunks(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: SafetensorsMetadata = {},
): Generator<Uint8Array, void, undefined> {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || compare(nameA, nameB));
  const fields: string[] = [];
  const metadataKeys = Object.keys(metadata).sort(compare);
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    fields.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const begin = end;
    end += tensor.bytes.byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(json.byteLength / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const head = new Uint8Array(8 + headerLength).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerLength), true);
  head.set(json, 8);
  yield head;
  for (const [, tensor] of sorted) yield tensor.bytes;
}

/** A whole safetensors file in memory. */
export function writeSafetensors(tensors: ReadonlyMap<string, TensorToWrite>, metadata: SafetensorsMetadata = {}): Uint8Array<ArrayBuffer> {
  const chunks = [...safetensorsChunks(tensors, metadata)];
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    file.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return file;
}

/** The bytes of a typed array, for `TensorToWrite`. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function checkTensor(name: string, tensor: TensorToWrite): void {
  const expected = tensor.shape.reduce((product, length) => product * length, DTYPE_BYTES[tensor.dtype]);
  if (tensor.bytes.byteLength === expected && name !== '__metadata__' && name.length > 0) return;
  throw new AiprodError('internal', `tensor ${JSON.stringify(name)} cannot be written`, {
    expected: `${expected} bytes for [${tensor.shape.join(', ')}] of ${tensor.dtype}`,
    found: `${tensor.bytes.byteLength} bytes`,
  });
}

/** By UTF-16 code units, the same on every machine, unlike a locale's order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
