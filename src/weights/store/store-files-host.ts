import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AiprodError } from '../../errors';
import { blobSource } from '../byte-source-web';
import type { AppendFile, StoreFiles } from './store-files';

/**
 * Where a host keeps fetched models: files by path, with `/` between the parts, the first of them the model's name. It is asked from a
 * worker, so every call takes and gives what structured clone carries; what it throws is told as it stands, as full storage where its name is
 * `QuotaExceededError`.
 */
export interface ModelFiles {
  /** Paths of all files. */
  list(): Promise<readonly string[]>;
  /** A file as it is now, not read yet; undefined when it is not there. */
  read(path: string): Promise<Blob | undefined>;
  /** Writes a small file whole or not at all. */
  write(path: string, content: Blob): Promise<void>;
  /** Adds at the end of a file, which is made when it is not there; at most 8 MiB at once, kept when it resolves. */
  append(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Cuts a file to a number of bytes; one that is not there and is cut to 0 is made. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Removes a file, or all whose paths begin with this and `/`; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Bytes that still fit; undefined where that is not known. */
  freeBytes(): Promise<number | undefined>;
}

/** A store in the keeping of a host. */
export function hostStoreFiles(files: ModelFiles): StoreFiles {
  const below = async (folder: string): Promise<string[]> => {
    const prefix = `${folder}/`;
    return (await asked(folder, () => files.list()))
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .sort();
  };
  const read = (path: string): Promise<Blob | undefined> => asked(path, () => files.read(path));
  return {
    name: 'the host’s storage',
    folders: async () => [...new Set((await asked('', () => files.list())).map((path) => path.split('/')[0]))],
    async tree(folder) {
      return {
        name: folder,
        list: () => below(folder),
        async open(path) {
          const blob = await read(`${folder}/${path}`);
          // Named by its whole path: a file knows only its last part.
          return blob === undefined ? undefined : { ...blobSource(blob), name: `${folder}/${path}` };
        },
        readText: async (path) => (await read(`${folder}/${path}`))?.text(),
      };
    },
    readText: async (path) => (await read(path))?.text(),
    writeText: (path, text) => asked(path, () => files.write(path, new Blob([text]))),
    async openAppend(path) {
      const there = await read(path);
      if (there === undefined) await asked(path, () => files.truncate(path, 0));
      return appendFile(files, path, there?.size ?? 0);
    },
    remove: (path) => asked(path, () => files.remove(path)),
    freeBytes: () => asked('', () => files.freeBytes()),
    createHash() {
      const hash = sha256.create();
      return { update: (bytes) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) };
    },
  };
}

function appendFile(files: ModelFiles, path: string, found: number): AppendFile {
  let size = found;
  return {
    get size() {
      return size;
    },
    async append(bytes) {
      await asked(path, () => files.append(path, bytes));
      size += bytes.length;
    },
    async truncate(to) {
      await asked(path, () => files.truncate(path, to));
      size = to;
    },
    // What was appended is kept by then.
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Asks the host, and puts its failure in words. */
async function asked<Answer>(where: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    const isFull = cause instanceof Error && cause.name === 'QuotaExceededError';
    throw new AiprodError(
      isFull ? 'storage-full' : 'unwritable-output',
      isFull ? 'the storage of models is full' : 'the storage of models does not work',
      { ...(where === '' ? {} : { where }), found: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}
