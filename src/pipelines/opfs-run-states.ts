import { opfsFile, removeOpfsEntry, writeOpfsFile } from '../weights/browser';
import { AiprodError } from '../errors';
import { decodeOutputs, encodeOutputs, type NodeStore } from './dag';
import { memoryRunStates, type RunStates } from './run-states';

/**
 * Keeps unfinished runs in the browser's private file system, a directory each, so that they go on after a reload. What finds no room
 * there is kept until the tab closes: the clip at work is worth more than the way back to it.
 *
 * @param root where it goes; opened with the first use. Where the browser has no such place, everything is kept until the tab closes
 */
export function opfsRunStates(root: () => Promise<FileSystemDirectoryHandle> = privateRuns): RunStates {
  const inMemory = memoryRunStates();
  let opened: Promise<FileSystemDirectoryHandle | undefined> | undefined;
  const open = (): Promise<FileSystemDirectoryHandle | undefined> =>
    (opened ??= root().catch((error: unknown) => {
      console.info(`runs: this browser keeps no files for the page: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }));
  return {
    async open(run) {
      const directory = await open();
      const memory = await inMemory.open(run);
      return directory === undefined ? memory : whereRoom(directoryStore(directory, folderName(run)), memory);
    },
    async remove(run) {
      await inMemory.remove(run);
      const directory = await open();
      if (directory !== undefined) await removeOpfsEntry(directory, folderName(run));
    },
    async list() {
      const directory = await open();
      const names = new Set(await inMemory.list());
      if (directory !== undefined) for await (const name of directory.keys()) names.add(decodeURIComponent(name));
      return [...names];
    },
  };
}

async function privateRuns(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true });
}

/** Names of runs may hold what names of files cannot. */
const folderName = (run: string): string => encodeURIComponent(run);

/** Results and checkpoints as files of a directory, which appears with the first of them; each is there whole or not at all. */
function directoryStore(root: FileSystemDirectoryHandle, name: string): NodeStore {
  const outputsName = (signature: string): string => `${signature}.safetensors`;
  const checkpointName = (signature: string): string => `${signature}.checkpoint`;
  const existing = async (file: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const directory = await root.getDirectoryHandle(name).catch(() => undefined);
    const found = directory === undefined ? undefined : await opfsFile(directory, file);
    return found === undefined ? undefined : new Uint8Array(await found.arrayBuffer());
  };
  const write = async (file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> =>
    writeOpfsFile(await root.getDirectoryHandle(name, { create: true }), file, bytes);
  const remove = async (file: string): Promise<void> => {
    const directory = await root.getDirectoryHandle(name).catch(() => undefined);
    if (directory !== undefined) await removeOpfsEntry(directory, file);
  };
  return {
    has: async (signature) => (await existing(outputsName(signature))) !== undefined,
    async load(signature) {
      const bytes = await existing(outputsName(signature));
      return bytes === undefined ? undefined : decodeOutputs(bytes, `runs/${name}/${outputsName(signature)}`);
    },
    save: async (signature, outputs) => write(outputsName(signature), await encodeOutputs(outputs)),
    remove: (signature) => remove(outputsName(signature)),
    loadCheckpoint: (signature) => existing(checkpointName(signature)),
    saveCheckpoint: (signature, bytes) => write(checkpointName(signature), bytes),
    removeCheckpoint: (signature) => remove(checkpointName(signature)),
  };
}

/** A store that keeps in `memory` what `disk` has no room for. What is newer is in memory where both have it. */
function whereRoom(disk: NodeStore, memory: NodeStore): NodeStore {
  const tried = async (toDisk: () => Promise<void>, toMemory: () => Promise<void>): Promise<void> => {
    try {
      await toDisk();
    } catch (error) {
      if (!(error instanceof AiprodError && (error.code === 'unwritable-output' || error.code === 'storage-full'))) throw error;
      console.warn(`runs: kept until the tab closes only: ${error.message}`);
      await toMemory();
    }
  };
  return {
    has: async (signature) => (await memory.has(signature)) || disk.has(signature),
    load: async (signature) => (await memory.load(signature)) ?? disk.load(signature),
    save: (signature, outputs) =>
      tried(
        () => disk.save(signature, outputs),
        () => memory.save(signature, outputs),
      ),
    remove: async (signature) => {
      await memory.remove(signature);
      await disk.remove(signature);
    },
    loadCheckpoint: async (signature) => (await memory.loadCheckpoint(signature)) ?? disk.loadCheckpoint(signature),
    saveCheckpoint: (signature, bytes) =>
      tried(
        async () => {
          await disk.saveCheckpoint(signature, bytes);
          await memory.removeCheckpoint(signature);
        },
        () => memory.saveCheckpoint(signature, bytes),
      ),
    removeCheckpoint: async (signature) => {
      await memory.removeCheckpoint(signature);
      await disk.removeCheckpoint(signature);
    },
  };
}
