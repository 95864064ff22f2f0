/** What exists only in a browser: the store on the origin's private file system. */
import { ModelStore } from './store';
import { opfsStoreFiles } from './store/store-files-opfs';

export { opfsFile, orUnwritable, removeOpfsEntry, writeOpfsFile } from './opfs';

/** The store of this origin, in a dedicated worker. @throws DOMException where the browser keeps no files (private windows of some). */
export async function browserModelStore(): Promise<ModelStore> {
  const root = await navigator.storage.getDirectory();
  return new ModelStore(opfsStoreFiles(await root.getDirectoryHandle('models', { create: true })));
}
