import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { AiprodError } from '../errors';
import type { DecodedEncoding } from '../graph';
import { ggufChunks, type GgufTensorToWrite } from './gguf-writer';
import { packsIntoGguf, safetensorsEntries, type PackedWeight } from './pack';
import { safetensorsLayout, type SafetensorsMetadata } from './safetensors-writer';

export interface PackedFileRequest {
  /** Where the file goes; it is written aside and moved there when it is whole. */
  readonly path: string;
  readonly plan: readonly PackedWeight[];
  readonly encoding: DecodedEncoding;
  readonly metadata: SafetensorsMetadata;
  /** `general.architecture` of a GGUF file: ltxv, t5encoder, ... */
  readonly architecture: string;
  readonly signal?: AbortSignal;
  /** Called with the number of weights that are done. */
  onWeight?(done: number): void;
}

/**
 * Writes a packed file: safetensors weight by weight, so that a model larger than memory can be packed; GGUF from memory.
 * @returns bytes written.
 */
export async function writePackedFile(request: PackedFileRequest): Promise<number> {
  const aside = `${request.path}.partial`;
  const file = await open(aside, 'w');
  try {
    const size = await (packsIntoGguf(request.encoding) ? writeGgufFile(file, request) : writeSafetensorsFile(file, request));
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

async function writeSafetensorsFile(file: FileHandle, { plan, metadata, signal, onWeight }: PackedFileRequest): Promise<number> {
  const { head, offsets, size } = safetensorsLayout(safetensorsEntries(plan), metadata);
  await file.write(head, 0, head.byteLength, 0);
  for (const [done, weight] of plan.entries()) {
    throwIfCancelled(signal);
    for (const [name, { bytes }] of await weight.read()) {
      const at = offsets.get(name);
      if (at === undefined) throw new AiprodError('internal', `tensor ${name} was not planned`);
      await file.write(bytes, 0, bytes.byteLength, at);
    }
    onWeight?.(done + 1);
  }
  return size;
}

async function writeGgufFile(file: FileHandle, request: PackedFileRequest): Promise<number> {
  const { plan, metadata, architecture, signal, onWeight } = request;
  const tensors = new Map<string, GgufTensorToWrite>();
  for (const [done, weight] of plan.entries()) {
    throwIfCancelled(signal);
    for (const [name, tensor] of await weight.read()) tensors.set(name, tensor);
    onWeight?.(done + 1);
  }
  const values = new Map(Object.entries(metadata).map(([key, value]) => [key, { type: 'string', value } as const]));
  let size = 0;
  for (const chunk of ggufChunks(tensors, { architecture, values })) {
    await file.write(chunk, 0, chunk.byteLength, size);
    size += chunk.byteLength;
  }
  return size;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AiprodError('cancelled', 'packing was cancelled');
}
