import { AiprodError } from '../errors';

/**
 * Files of the origin's private file system (WHATWG File System), in pages and workers. A file is written aside and takes its place when
 * it is whole: that is what a writable stream of this file system does, so a crash leaves what was there before.
 */

/** Nothing there is an answer; every other failure stays one. */
export function absent(error: unknown): undefined {
  if (error instanceof DOMException && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')) return undefined;
  throw error;
}

/**
 * A file as it lies on disk, not read yet; undefined when it is not there.
 */
export async function opfsFile(directory: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  return directory
    .getFileHandle(name)
    .then((handle) => handle.getFile())
    .catch(absent);
}

/**
 * Writes a file whole or not at all.
 * @throws AiprodError `storage-full` when there is no room, `unwritable-output` when the browser refuses
 */
export function writeOpfsFile(directory: FileSystemDirectoryHandle, name: string, content: Blob | BufferSource | string): Promise<void> {
  // Its name is ours, and says nothing to a person.
  return orUnwritable(undefined, async () => {
    const stream = await (await directory.getFileHandle(name, { create: true })).createWritable();
    try {
      // Of a blob that lies on disk only a piece at a time is in memory.
      if (content instanceof Blob) return await content.stream().pipeTo(stream);
      await stream.write(content);
      await stream.close();
    } catch (error) {
      // A stream that failed by itself is aborted already.
      await stream.abort().catch(() => undefined);
      throw error;
    }
  }).catch(async (error: unknown) => {
    // A file that was made for this and never filled is none.
    const left = await opfsFile(directory, name);
    if (left?.size === 0) await removeOpfsEntry(directory, name);
    throw error;
  });
}

/** Removes a file or a directory with all that is in it; nothing there is no error. */
export async function removeOpfsEntry(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name, { recursive: true }).catch(absent);
}

/** Runs work that writes, and puts its failure in words. @param where what a person knows it by */
export async function orUnwritable<Result>(where: string | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    const full = cause.name === 'QuotaExceededError';
    throw new AiprodError(
      full ? 'storage-full' : 'unwritable-output',
      full ? 'There is no room left in the browser’s storage' : 'The browser cannot store the file',
      {
        ...(where === undefined ? {} : { where }),
        found: cause.message,
        hint: full
          ? 'Remove a model or clips that you do not need, or free space on the disk'
          : 'Close other tabs of this page, and try again',
      },
      { cause },
    );
  }
}
