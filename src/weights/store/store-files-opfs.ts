import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { directoryFileTree } from '../file-tree-web';
import { absent, opfsFile, orUnwritable, removeOpfsEntry, writeOpfsFile } from '../opfs';
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
  const parentOf = (path: string, create: boolean): Promise<FileSystemDirectoryHandle> => directory(path.split('/').slice(0, -1), create);
  return {
    name: `browser storage/${root.name}`,
    async folders() {
      const names: string[] = [];
      for await (const [name, handle] of root.entries()) if (handle.kind === 'directory') names.push(name);
      return names;
    },
    tree: async (folder) => directoryFileTree(await directory(folder.split('/'), false)),
    async readText(path) {
      const parent = await parentOf(path, false).catch(absent);
      return parent === undefined ? undefined : (await opfsFile(parent, nameOf(path)))?.text();
    },
    writeText: async (path, text) => writeOpfsFile(await parentOf(path, true), nameOf(path), text),
    openAppend: (path) =>
      orUnwritable(path, async () =>
        openAppendFile(path, await (await parentOf(path, true)).getFileHandle(nameOf(path), { create: true })),
      ),
    async remove(path) {
      const parent = await parentOf(path, false).catch(absent);
      if (parent !== undefined) await removeOpfsEntry(parent, nameOf(path));
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

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

async function openAppendFile(path: string, handle: FileSystemFileHandle): Promise<AppendFile> {
  const access = await handle.createSyncAccessHandle();
  return {
    get size() {
      return access.getSize();
    },
    append: (bytes) =>
      orUnwritable(path, async () => {
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
