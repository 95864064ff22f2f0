import { AiprodError } from '../../errors';
import { opfsFile, removeOpfsEntry, writeOpfsFile } from '../../weights/browser';
import { memoryStorage, type StudioStorage } from './storage';

/** Folder of the origin's private file system that holds what the studio keeps. */
const folder = 'studio';

/**
 * Keeps everything in the browser's private file system, so that it is there on the next visit. Where the browser has none for this page
 * (some private windows, an insecure address), everything is kept until the tab closes, and `lasting` says so.
 *
 * @param root where it goes, for tests; opened with the first use
 */
export function opfsStorage(root: () => Promise<FileSystemDirectoryHandle> = privateFiles): StudioStorage {
  let opened: Promise<StudioStorage> | undefined;
  const open = (): Promise<StudioStorage> =>
    (opened ??= openFolders(root).then(storageIn, (error: unknown) => {
      console.info(`studio: this browser keeps no files for the page: ${error instanceof Error ? error.message : String(error)}`);
      return memoryStorage();
    }));
  const within = async <Result>(work: (storage: StudioStorage) => Promise<Result>): Promise<Result> => work(await open());
  return {
    lasting: () => within((storage) => storage.lasting()),
    addFile: (fingerprint, content) => within((storage) => storage.addFile(fingerprint, content)),
    file: (fingerprint) => within((storage) => storage.file(fingerprint)),
    removeFile: (fingerprint) => within((storage) => storage.removeFile(fingerprint)),
    listFiles: () => within((storage) => storage.listFiles()),
    readDocument: (name) => within((storage) => storage.readDocument(name)),
    writeDocument: (name, text) => within((storage) => storage.writeDocument(name, text)),
    removeDocument: (name) => within((storage) => storage.removeDocument(name)),
    listDocuments: () => within((storage) => storage.listDocuments()),
  };
}

interface Folders {
  readonly files: FileSystemDirectoryHandle;
  readonly documents: FileSystemDirectoryHandle;
}

async function privateFiles(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
}

async function openFolders(root: () => Promise<FileSystemDirectoryHandle>): Promise<Folders> {
  const at = await root();
  return {
    files: await at.getDirectoryHandle('files', { create: true }),
    documents: await at.getDirectoryHandle('documents', { create: true }),
  };
}

function storageIn({ files, documents }: Folders): StudioStorage {
  const inOrder = ordered();
  return {
    lasting: async () => true,
    addFile: (fingerprint, content) =>
      inOrder(fingerprint, async () => {
        const name = fileName(fingerprint);
        // The name says the content: what is there whole is the same.
        if ((await opfsFile(files, name))?.size !== content.size) await writeOpfsFile(files, name, content);
      }),
    file: (fingerprint) => opfsFile(files, fileName(fingerprint)),
    removeFile: (fingerprint) => inOrder(fingerprint, () => removeOpfsEntry(files, fileName(fingerprint))),
    async listFiles() {
      const found: { fingerprint: string; bytes: number }[] = [];
      for (const name of await namesIn(files)) {
        const file = /^(sampled-)?sha256-[0-9a-f]{64}$/.test(name) ? await opfsFile(files, name) : undefined;
        if (file !== undefined) found.push({ fingerprint: name.replace('sha256-', 'sha256:'), bytes: file.size });
      }
      return found;
    },
    readDocument: async (name) => (await opfsFile(documents, documentFile(name)))?.text(),
    writeDocument: (name, text) => inOrder(name, () => writeOpfsFile(documents, documentFile(name), text)),
    removeDocument: (name) => inOrder(name, () => removeOpfsEntry(documents, documentFile(name))),
    async listDocuments() {
      const names = await namesIn(documents);
      return names.filter((name) => name.endsWith(ending)).map((name) => decodeURIComponent(name.slice(0, -ending.length)));
    },
  };
}

const ending = '.json';
/** Longest name of a file on the systems that browsers run on, in bytes. */
const longestName = 255;

/** Names of documents may hold slashes, which those of files cannot. */
function documentFile(name: string): string {
  const encoded = encodeURIComponent(name) + ending;
  if (name !== '' && encoded.length <= longestName) return encoded;
  throw new AiprodError('internal', 'a document cannot have this name', { found: name.slice(0, 100) });
}

function fileName(fingerprint: string): string {
  if (/^(sampled-)?sha256:[0-9a-f]{64}$/.test(fingerprint)) return fingerprint.replace(':', '-');
  throw new AiprodError('internal', 'a file is kept under its fingerprint', { expected: 'sha256:HEX', found: fingerprint.slice(0, 100) });
}

async function namesIn(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, handle] of directory.entries()) if (handle.kind === 'file') names.push(name);
  return names.toSorted();
}

/** Runs what is done to one name one after the other: of two writes at once the later would not always be the one that stays. */
function ordered(): (name: string, work: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, turn);
    const forget = (): void => {
      if (last.get(name) === turn) last.delete(name);
    };
    turn.then(forget, forget);
    return turn;
  };
}
