/** The page of opfs-storage.test.ts: the storage over the private file system of a real browser. */
import { opfsRunStates } from '../../pipelines/browser';
import { opfsStorage } from './opfs-storage';
import { tabLocks } from './tab-locks';

const storage = opfsStorage();
const locks = tabLocks();
const runStates = opfsRunStates();
const lost: string[] = [];
const held = new Map<string, () => Promise<void>>();

/** A node's outputs as text, and the checkpoint of another. */
interface KeptRun {
  readonly outputs: string | undefined;
  readonly checkpoint: readonly number[] | undefined;
  readonly runs: readonly string[];
}

const checks = {
  storage,
  /** Keeps a run's results, each write failing for lack of room where `full`. */
  async keepRun(run: string, full: boolean): Promise<void> {
    const write = FileSystemWritableFileStream.prototype.write;
    if (full) FileSystemWritableFileStream.prototype.write = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
    try {
      const store = await runStates.open(run);
      await store.save('a', { latents: { shape: [2], data: Float32Array.of(1, 2) }, report: { steps: 3 } });
      await store.saveCheckpoint('b', Uint8Array.of(7, 8));
    } finally {
      FileSystemWritableFileStream.prototype.write = write;
    }
  },
  async keptRun(run: string): Promise<KeptRun> {
    const store = await runStates.open(run);
    const outputs = await store.load('a');
    const plain = (_: string, value: unknown): unknown => (value instanceof Float32Array ? Array.from(value) : value);
    const checkpoint = await store.loadCheckpoint('b');
    return {
      outputs: JSON.stringify(outputs, plain),
      checkpoint: checkpoint && Array.from(checkpoint),
      runs: (await runStates.list()).toSorted(),
    };
  },
  forgetRun: (run: string): Promise<void> => runStates.remove(run),
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
  async whenFull(): Promise<{ code: string; words: string; kept: string | undefined; files: number }> {
    await storage.writeDocument('full', 'as before');
    const write = FileSystemWritableFileStream.prototype.write;
    FileSystemWritableFileStream.prototype.write = function (data) {
      return write.call(this, data).then(() => Promise.reject(new DOMException('the disk is full', 'QuotaExceededError')));
    };
    try {
      const words = await storage.writeDocument('fresh', 'never whole').then(
        () => 'written',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      const code = await checks.codeOf(() => storage.writeDocument('full', 'never whole'));
      const names = await storage.listDocuments();
      return { code, words, kept: await storage.readDocument('full'), files: names.filter((name) => name === 'fresh').length };
    } finally {
      FileSystemWritableFileStream.prototype.write = write;
    }
  },
  async take(name: string, steal: boolean): Promise<boolean> {
    const release = await locks.take(name, { steal, onLost: () => lost.push(name) });
    if (release !== undefined) held.set(name, release);
    return release !== undefined;
  },
  release: async (name: string): Promise<void> => held.get(name)?.(),
  lost: (): readonly string[] => lost,
};

export type StorageChecks = typeof checks;

declare global {
  var storageChecks: StorageChecks | undefined;
}
globalThis.storageChecks = checks;
