/** The page of opfs-storage.test.ts: the storage over the private file system of a real browser. */
import { opfsStorage } from './opfs-storage';
import { tabLocks } from './tab-locks';

const storage = opfsStorage();
const locks = tabLocks();
const lost: string[] = [];
const held = new Map<string, () => void>();

const checks = {
  storage,
  text: async (fingerprint: string): Promise<string | undefined> => (await storage.file(fingerprint))?.text(),
  addText: (fingerprint: string, text: string): Promise<void> => storage.addFile(fingerprint, new Blob([text])),
  addBytes: (fingerprint: string, bytes: number): Promise<void> => storage.addFile(fingerprint, new Blob([new Uint8Array(bytes)])),
  /** Writes one document over and over, each time all of one letter, until the page is gone. */
  async writeForever(name: string, length: number): Promise<never> {
    for (let turn = 0; ; turn++) await storage.writeDocument(name, String.fromCharCode(97 + (turn % 26)).repeat(length));
  },
  async codeOf(work: () => Promise<unknown>): Promise<string> {
    try {
      await work();
      return 'none';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  },
  /** A storage whose file system cannot be opened, as in some private windows. */
  async withoutFiles(): Promise<{ lasting: boolean; kept: string | undefined }> {
    const none = opfsStorage(() => Promise.reject(new DOMException('not in this window', 'SecurityError')));
    await none.writeDocument('a', 'kept');
    return { lasting: await none.lasting(), kept: await none.readDocument('a') };
  },
  /** The error that a write meets when the disk is full, by a stream that fails in the middle. */
  async whenFull(): Promise<{ code: string; kept: string | undefined; files: number }> {
    await storage.writeDocument('full', 'as before');
    const write = FileSystemWritableFileStream.prototype.write;
    FileSystemWritableFileStream.prototype.write = function (data) {
      return write.call(this, data).then(() => Promise.reject(new DOMException('the disk is full', 'QuotaExceededError')));
    };
    try {
      await storage.writeDocument('fresh', 'never whole').catch(() => undefined);
      const code = await checks.codeOf(() => storage.writeDocument('full', 'never whole'));
      const names = await storage.listDocuments();
      return { code, kept: await storage.readDocument('full'), files: names.filter((name) => name === 'fresh').length };
    } finally {
      FileSystemWritableFileStream.prototype.write = write;
    }
  },
  async take(name: string, steal: boolean): Promise<boolean> {
    const release = await locks.take(name, { steal, onLost: () => lost.push(name) });
    if (release !== undefined) held.set(name, release);
    return release !== undefined;
  },
  release: (name: string): void => held.get(name)?.(),
  lost: (): readonly string[] => lost,
};

export type StorageChecks = typeof checks;

declare global {
  var storageChecks: StorageChecks | undefined;
}
globalThis.storageChecks = checks;
