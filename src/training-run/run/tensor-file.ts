import { open, rename, rm } from 'node:fs/promises';
import { AiprodError } from '../../errors';
import { safetensorsChunks, type SafetensorsMetadata, type TensorToWrite } from '../../weights';

/** Writes tensors as safetensors, one after the other, and waits until they are on the disk. */
export async function writeTensorFile(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata?: SafetensorsMetadata,
): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const chunk of safetensorsChunks(tensors, metadata)) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The same beside the file, which is then renamed. @throws AiprodError 'unwritable-output' */
export async function writeTensorsWhole(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata?: SafetensorsMetadata,
): Promise<void> {
  const aside = `${path}.partial-${process.pid}`;
  try {
    await writeTensorFile(aside, tensors, metadata);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new AiprodError(
      'unwritable-output',
      'the file cannot be written',
      { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check the folder and the free space' },
      { cause },
    );
  }
}
