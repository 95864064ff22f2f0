import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AiprodError } from '../../errors';
import { directoryFileTree } from '../file-tree-web';
import type { AppendFile, StoreFiles } from './store-files';

/**
 * A store in a directory of the origin's private file system. Works in a dedicated worker only: files are written in place
 * through synchronous access handles, which pages do not have, so that a cut loses at most the last piece.
 */
export function opfsStoreFiles(root: FileSystemDirectoryHandle): StoreFiles {
  const directory = async (parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> => {
    let handle = root;
    for (const part of parts) handle = await handle.getDirectoryHandle(part, { create });
    return handle;
  };
  const file = async (path: string, create: boolean): Promise<FileSystemFileHandle> => {
    const parts = path.split('/');
    return (await directory(parts.slice(0, -1), create)).getFileHandle(parts[parts.length - 1], { create });
  };
  return {
    name: `browser storage/${root.name}`,
    async folders() {
      const names: string[] = [];
      for await (const [name, handle] of root.entries()) if (handle.kind === 'directory') names.push(name);
      return names;
    },
    tree: async (folder) => directoryFileTree(await directory(folder.split('/'), false)),
    readText: (path) =>
      file(path, false)
        .then(async (handle) => (await handle.getFile()).text())
        .catch(absent),
    writeText: (path, text) =>
      orStorageFull(path, async () => {
        // A writable stream of this file system writes aside and takes the file's place when it closes.
        const stream = await (await file(path, true)).createWritable();
        await stream.write(text);
        await stream.close();
      }),
    openAppend: (path) => orStorageFull(path, async () => openAppendFile(path, await file(path, true))),
    async remove(path) {
      const parts = path.split('/');
      const parent = await directory(parts.slice(0, -1), false).catch(absent);
      await parent?.removeEntry(parts[parts.length - 1], { recursive: true }).catch(absent);
    },
    async freeBytes() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined || usage === undefined ? undefined : quota - usage;
    },
    createHash() {
      const hash = sha256.create();
      return { update: (bytes) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
    },
  };
}

async function openAppendFile(path: string, handle: FileSystemFileHandle): Promise<AppendFile> {
  const access = await handle.createSyncAccessHandle();
  return {
    get size() {
      return access.getSize();
    },
    append: (bytes) =>
      orStorageFull(path, async () => {
        const at = access.getSize();
        const written = access.write(bytes, { at });
        if (written !== bytes.length) {
          access.truncate(at);
          throw new DOMException('the storage is full', 'QuotaExceededError');
        }
      }),
    truncate: async (size) => access.truncate(size),
    flush: async () => access.flush(),
    close: async () => access.close(),
  };
}

/** Nothing there is an answer; every other failure stays one. */
function absent(error: unknown): undefined {
  if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
  throw error;
}

async function orStorageFull<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    const hint =
      cause.name === 'QuotaExceededError'
        ? 'Remove a model, or free space on the disk'
        : 'Close other tabs of this page that use the model, and try again';
    throw new AiprodError('unwritable-output', 'the browser cannot store the model', { where, found: cause.message, hint }, { cause });
  }
}
