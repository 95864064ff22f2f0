/** What browser.test.ts runs in a dedicated worker of a real browser: the store over the origin's private file system. */
import * as Comlink from 'comlink';
import { openSafetensors } from '../safetensors';
import { urlOrigin } from './origins';
import { ModelStore, type FileCheck, type StoreEntry } from './store';
import { opfsStoreFiles } from './store-files-opfs';

async function store(): Promise<ModelStore> {
  const root = await navigator.storage.getDirectory();
  return new ModelStore(opfsStoreFiles(await root.getDirectoryHandle('models', { create: true })));
}

const checks = {
  /** @returns the hash that the store noted, or the error's text */
  async add(name: string, address: string): Promise<string> {
    try {
      const manifest = await (await store()).add(name, urlOrigin(address), { wait: async () => undefined });
      return manifest.files[0].sha256;
    } catch (error) {
      return String(error);
    }
  },
  async list(): Promise<StoreEntry[]> {
    return (await store()).list();
  },
  async verify(name: string): Promise<FileCheck[]> {
    return (await store()).verify(name);
  },
  async remove(name: string): Promise<void> {
    await (await store()).remove(name);
  },
  /** Names of the tensors of a stored file. */
  async tensors(name: string, path: string): Promise<string[]> {
    const source = await (await (await store()).tree(name)).open(path);
    if (source === undefined) return [];
    return [...(await openSafetensors(source)).tensors.keys()];
  },
  /** Flips a bit of a stored file, as a failing disk would. */
  async damage(name: string, path: string, at: number): Promise<void> {
    const models = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const handle = await (await models.getDirectoryHandle(name)).getFileHandle(path);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    bytes[at] ^= 1;
    const stream = await handle.createWritable();
    await stream.write(bytes);
    await stream.close();
  },
};

export type StoreChecks = typeof checks;
Comlink.expose(checks);
