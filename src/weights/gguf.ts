import { readRange, type ByteSource } from './byte-source';
import { MoreBytesNeeded, type GgufValue } from './gguf-cursor';
import { describeValue, parseGgufHeader, type GgufHeader } from './gguf-header';
import { missingTensor } from './missing-tensor';
import { readTensorBytes, type WeightFile } from './safetensors';
import { LARGEST_HEADER, refuse } from './safetensors-header';

/** An open GGUF file. `metadata` shows every value as text, long lists by their length; `values` has them whole. */
export interface GgufFile extends WeightFile {
  readonly version: number;
  readonly values: ReadonlyMap<string, GgufValue>;
}

/** Enough for most diffusion models; vocabularies in the metadata take more. */
const FIRST_READ = 64 * 1024;

/**
 * Opens a GGUF file, version 2 or 3: reads and checks the header, leaves the data where it is. The header's length is nowhere
 * written, so that it is read in growing parts.
 * Never reads or allocates more than the file's own size, whatever the header claims.
 * @throws AiprodError 'bad-weights' when the file is cut off, malformed, contradicts itself, or holds a type that is not read here
 */
export async function openGguf(source: ByteSource): Promise<GgufFile> {
  const where = source.name;
  const { version, values, tensors } = await readHeader(source);
  const parts = values.get('split.count');
  if (typeof parts === 'number' && parts > 1) {
    throw refuse(where, 'this is one part of a split GGUF file', 'a file that was not split, or was merged again', `${parts} parts`);
  }
  return {
    name: where,
    version,
    values,
    tensors,
    metadata: new Map([...values].map(([key, value]) => [key, describeValue(value)])),
    async readTensor(name) {
      const entry = tensors.get(name);
      if (entry === undefined) throw missingTensor(name, where, tensors.keys());
      return { dtype: entry.dtype, shape: entry.shape, bytes: await readRange(source, entry.byteOffset, entry.byteLength) };
    },
    readBytes: (name, offset, length) => readTensorBytes(source, tensors, name, offset, length),
    close: async () => source.close?.(),
  };
}

async function readHeader(source: ByteSource): Promise<GgufHeader> {
  let head = await readRange(source, 0, Math.min(FIRST_READ, source.size));
  for (;;) {
    try {
      return parseGgufHeader(head, source.size, source.name);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (error.length > LARGEST_HEADER) {
        throw refuse(source.name, 'the header is too long', `at most ${LARGEST_HEADER} bytes`, `${error.length} or more`);
      }
      // Fourfold each time, so that parsing again from the start costs a third more in all.
      const length = Math.min(Math.max(error.length, 4 * head.length), source.size, LARGEST_HEADER);
      const longer = new Uint8Array(length);
      longer.set(head);
      longer.set(await readRange(source, head.length, length - head.length), head.length);
      head = longer;
    }
  }
}
