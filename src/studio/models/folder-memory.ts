import { createStore, get, update, type UseStore } from 'idb-keyval';

/** A folder that was opened on an earlier visit. */
export interface KnownFolder {
  readonly id: string;
  readonly name: string;
  readonly handle: FileSystemDirectoryHandle;
}

/** Keeps the handles of opened folders over visits. */
export interface FolderMemory {
  list(): Promise<readonly KnownFolder[]>;
  /** Adds a folder; one that is known already stays as it is. */
  add(handle: FileSystemDirectoryHandle): Promise<void>;
  remove(id: string): Promise<void>;
}

const key = 'folders';
/** Folders that are kept: older ones leave first. */
const most = 12;

/** In IndexedDB, which stores handles as they are. */
export function browserFolderMemory(): FolderMemory {
  let opened: UseStore | undefined;
  const store = (): UseStore => (opened ??= createStore('aiprod-studio', 'folders'));
  const known = async (): Promise<readonly KnownFolder[]> => (await get<readonly KnownFolder[]>(key, store())) ?? [];
  return {
    list: known,
    async add(handle) {
      for (const { handle: other } of await known()) if (await other.isSameEntry(handle)) return;
      const folder: KnownFolder = { id: crypto.randomUUID(), name: handle.name, handle };
      await update<readonly KnownFolder[]>(key, (folders = []) => [folder, ...folders].slice(0, most), store());
    },
    remove: (id) => update<readonly KnownFolder[]>(key, (folders = []) => folders.filter((folder) => folder.id !== id), store()),
  };
}

/**
 * Whether the page may read a folder. A browser asks the person only within a click or key press.
 * @param ask false only looks
 */
export async function mayRead(handle: FileSystemDirectoryHandle, ask: boolean): Promise<boolean> {
  // Folders of the page's own storage need no permission, and some browsers have no such question.
  const state = await (ask ? handle.requestPermission?.({ mode: 'read' }) : handle.queryPermission?.({ mode: 'read' }));
  return state === undefined || state === 'granted';
}
