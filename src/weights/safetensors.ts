import { readRange, type ByteSource } from './byte-source';
import type { StoredDtype } from './dtypes';
import type { GgufValue } from './gguf-cursor';
import { LARGEST_HEADER, parseSafetensorsHeader, refuse, type SafetensorsHeader, type TensorEntry } from './safetensors-header';
import type { TensorData } from './tensor-data';
import { missingTensor } from './missing-tensor';

/** An open weight file of any format; tensors are read when asked for. */
export interface WeightFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Text beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The same with their types, where the format has them. */
  readonly values?: ReadonlyMap<string, GgufValue>;
  /** Reads one tensor. @throws AiprodError 'bad-weights' when it is not there or the file ended. */
  readTensor(name: string): Promise<TensorData>;
  /** Reads `length` bytes of a tensor, from its byte `offset` on. @throws AiprodError as `readTensor`. */
  readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** An open safetensors file. */
export interface SafetensorsFile extends WeightFile, SafetensorsHeader {
  readonly tensors: SafetensorsHeader['tensors'];
  readonly metadata: SafetensorsHeader['metadata'];
  readTensor(name: string): Promise<TensorData<StoredDtype>>;
}

/** Bytes of the header's length at the start of the file. */
const PREFIX = 8;

/**
 * Opens a safetensors file: reads and checks the header, leaves the data where it is.
 * Never reads or allocates more than the file's own size, whatever the header claims.
 * @throws AiprodError 'bad-weights' when the file is cut off, malformed or contradicts itself.
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const where = source.name;
  if (source.size < PREFIX + 2) throw refuse(where, 'this is not a safetensors file', `${PREFIX + 2} bytes or more`, `${source.size}`);
  const prefix = await readRange(source, 0, PREFIX);
  const claimed = new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getBigUint64(0, true);
  const room = source.size - PREFIX;
  if (claimed > BigInt(room)) throw refuse(where, 'the header is longer than the file', `at most ${room} bytes`, `${claimed}`);
  if (claimed > BigInt(LARGEST_HEADER)) throw refuse(where, 'the header is too long', `at most ${LARGEST_HEADER} bytes`, `${claimed}`);
  const headerLength = Number(claimed);
  const header = await readRange(source, PREFIX, headerLength);
  const { tensors, metadata } = parseSafetensorsHeader(header, PREFIX + headerLength, room - headerLength, where);
  return {
    name: where,
    tensors,
    metadata,
    async readTensor(name) {
      const entry = tensors.get(name);
      if (entry === undefined) throw missingTensor(name, where, tensors.keys());
      return { dtype: entry.dtype, shape: entry.shape, bytes: await readRange(source, entry.byteOffset, entry.byteLength) };
    },
    readBytes: (name, offset, length) => readTensorBytes(source, tensors, name, offset, length),
    close: async () => source.close?.(),
  };
}

/** Part of a tensor's bytes. @throws AiprodError 'bad-weights' when it is not there or the part leaves it. */
export async function readTensorBytes(
  source: ByteSource,
  tensors: ReadonlyMap<string, TensorEntry>,
  name: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const entry = tensors.get(name);
  if (entry === undefined) throw missingTensor(name, source.name, tensors.keys());
  if (offset + length > entry.byteLength) {
    throw refuse(source.name, `tensor ${name} is shorter than what is read of it`, `${offset + length} bytes`, `${entry.byteLength}`);
  }
  return readRange(source, entry.byteOffset + offset, length);
}
