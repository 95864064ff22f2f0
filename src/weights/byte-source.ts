import { AiprodError } from '../errors';

/** Random access to the bytes of one file, wherever it lies: disk, Blob, OPFS, HTTP, memory. */
export interface ByteSource {
  /** Name for messages: a path, a URL, a file name. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Reads `length` bytes at `offset`; both lie within the file. The result belongs to the caller. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Frees what the source holds open. */
  close?(): Promise<void>;
}

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

/**
 * Reads a range and makes sure that it came whole.
 * @throws AiprodError 'bad-weights' when the range leaves the file or the file became shorter meanwhile.
 */
export async function readRange(source: ByteSource, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const inside =
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= source.size;
  if (!inside) {
    throw new AiprodError('bad-weights', 'the file is shorter than it claims', {
      where: source.name,
      expected: `bytes ${offset} to ${offset + length}`,
      found: `${source.size} bytes`,
      hint: 'Download the file again; it seems to be cut off',
    });
  }
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new AiprodError('bad-weights', 'the file ended early while reading', {
      where: source.name,
      expected: `${length} bytes at ${offset}`,
      found: `${bytes.byteLength} bytes`,
      hint: 'Check that nothing else is writing the file, or download it again',
    });
  }
  return bytes;
}
