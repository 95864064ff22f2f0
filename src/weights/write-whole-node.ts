import { rename, rm, writeFile } from 'node:fs/promises';
import { AiprodError } from '../errors';

/** Writes a file aside, then renames it, so that it is there whole or not at all. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.partial-${process.pid}`;
  try {
    await writeFile(aside, bytes);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError(
      'unwritable-output',
      'the file cannot be written',
      { where: path, found: reason, hint: 'Check the folder, its permissions and the free space' },
      { cause },
    );
  }
}
