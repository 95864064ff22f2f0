import type { PickedFolder } from '../../../workers';

/** Whether this browser gives handles of folders, which can be opened again on the next visit. */
export function givesHandles(): boolean {
  return window.showDirectoryPicker !== undefined;
}

/**
 * Asks for a folder. Undefined when the person closes the dialog.
 * @param id the browser begins where the last folder of the same id was
 */
export async function pickFolder(id = 'aiprod-models'): Promise<PickedFolder | undefined> {
  try {
    const handle = await window.showDirectoryPicker?.({ id, mode: 'read' });
    return handle === undefined ? undefined : { kind: 'handle', handle };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** The folder of `<input webkitdirectory>`: its files come with paths that begin with its name. Undefined without files. */
export function folderOfFiles(files: Iterable<File>): PickedFolder | undefined {
  const found = new Map<string, File>();
  let name = '';
  for (const file of files) {
    const [folder, ...path] = file.webkitRelativePath.split('/');
    name = folder;
    found.set(path.join('/'), file);
  }
  return found.size === 0 ? undefined : { kind: 'files', name, files: found };
}

/** Whether something that is dragged over the page may be a folder: what it is shows only when it is dropped. */
export function mayHoldFolder({ types }: DataTransfer): boolean {
  return types.includes('Files');
}

/**
 * The first folder among what was dropped; undefined where there is none. Must be called within the event: what was dropped is gone
 * after it.
 */
export async function droppedFolder(items: DataTransferItemList): Promise<PickedFolder | undefined> {
  const dropped = Array.from(items).filter(({ kind }) => kind === 'file');
  const entries = dropped.map((item) => ({ handle: item.getAsFileSystemHandle?.(), entry: item.webkitGetAsEntry() }));
  for (const { handle, entry } of entries) {
    const opened = await handle;
    if (opened instanceof FileSystemDirectoryHandle) return { kind: 'handle', handle: opened };
    if (handle === undefined && entry instanceof FileSystemDirectoryEntry) {
      const files = new Map<string, File>();
      await collect(entry, '', files);
      return { kind: 'files', name: entry.name, files };
    }
  }
  return undefined;
}

async function collect(folder: FileSystemDirectoryEntry, prefix: string, files: Map<string, File>): Promise<void> {
  const reader = folder.createReader();
  // A reader gives its entries in portions, an empty one last.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry instanceof FileSystemDirectoryEntry) await collect(entry, `${prefix}${entry.name}/`, files);
      else if (entry instanceof FileSystemFileEntry) {
        files.set(prefix + entry.name, await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
      }
    }
  }
}
