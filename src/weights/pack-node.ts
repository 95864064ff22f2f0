import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { AiprodError } from '../errors';
import type { DecodedEncoding } from '../graph';
import type { GgufValue } from './gguf-cursor';
import { ORIGINAL_SHAPE_KEY } from './gguf-format';
import { ggufLayout, ggufValueToWrite, type GgufValueToWrite } from './gguf-writer';
import { packedEntries, packsIntoGguf, safetensorsEntries, type PackedWeight } from './pack';
import { safetensorsLayout, type SafetensorsMetadata } from './safetensors-writer';

export interface PackedFileRequest {
  /** Where the file goes; it is written aside and moved there when it is whole. */
  readonly path: string;
  readonly plan: readonly PackedWeight[];
  readonly encoding: DecodedEncoding;
  readonly metadata: SafetensorsMetadata;
  /** Metadata with their types, which a GGUF file keeps beside `metadata`. */
  readonly values?: ReadonlyMap<string, GgufValue>;
  /** `general.architecture` of a GGUF file: ltxv, t5encoder, ... */
  readonly architecture: string;
  readonly signal?: AbortSignal;
  /** Called with the number of weights that are done. */
  onWeight?(done: number): void;
}

/**
 * Writes a packed file weight by weight, so that a model larger than memory can be packed: where each goes is known from the shapes.
 * @returns bytes written.
 * @throws AiprodError 'unwritable-output' where the folder cannot be written, 'cancelled'
 */
export async function writePackedFile(request: PackedFileRequest): Promise<number> {
  const aside = `${request.path}.partial-${process.pid}`;
  const file = await create(aside);
  try {
    const size = await writeWeights(file, request);
    await file.sync();
    await file.close();
    await rename(aside, request.path);
    return size;
  } catch (error) {
    await file.close();
    await rm(aside, { force: true });
    throw error;
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError(
      'unwritable-output',
      'the packed file cannot be written',
      { where: path, found: reason, hint: 'Check the folder and its permissions' },
      { cause },
    );
  }
}

async function writeWeights(file: FileHandle, request: PackedFileRequest): Promise<number> {
  const { plan, encoding, metadata, architecture, signal, onWeight } = request;
  const { head, offsets, size } = packsIntoGguf(encoding)
    ? ggufLayout(packedEntries(plan), { architecture, values: ggufValues(request) })
    : safetensorsLayout(safetensorsEntries(plan), metadata);
  await file.write(head, 0, head.byteLength, 0);
  for (const [done, weight] of plan.entries()) {
    if (signal?.aborted === true) throw new AiprodError('cancelled', 'packing was cancelled');
    for (const [name, { bytes }] of await weight.read()) {
      const at = offsets.get(name);
      if (at === undefined) throw new AiprodError('internal', `tensor ${name} was not planned`);
      await file.write(bytes, 0, bytes.byteLength, at);
    }
    onWeight?.(done + 1);
  }
  // What lies between tensors, and behind the last one, is zero.
  await file.truncate(size);
  return size;
}

/** Metadata that say how a file is laid out: those of the source do not hold for the packed one. */
const layoutKeys = new Set(['general.architecture', 'general.alignment', 'general.file_type', 'general.quantization_version']);

function ggufValues({ metadata, values = new Map() }: PackedFileRequest): Map<string, GgufValueToWrite> {
  const all = new Map<string, GgufValueToWrite>();
  for (const [key, value] of [...values, ...Object.entries(metadata)]) {
    if (!layoutKeys.has(key) && !key.startsWith(ORIGINAL_SHAPE_KEY)) all.set(key, ggufValueToWrite(key, value));
  }
  return all;
}
