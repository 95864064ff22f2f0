/** Folder of the origin's private file system that holds exports until they are downloaded. */
const all = 'exports';
const lockOf = (visit: string): string => `aiprod-exports-${visit}`;

let opened: Promise<FileSystemDirectoryHandle> | undefined;

/** The folder of this worker's downloads. */
export function downloadsFolder(): Promise<FileSystemDirectoryHandle> {
  opened ??= openFolder().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const visit = crypto.randomUUID();
  // Held for as long as this worker lives, and taken before there is a folder that others might take for a lost one.
  await new Promise<void>((resolve, reject) => {
    navigator.locks.request(lockOf(visit), () => new Promise<never>(() => resolve())).catch(reject);
  });
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(all, { create: true });
  return folder.getDirectoryHandle(visit, { create: true });
}

/**
 * Removes the downloads of workers that are gone: nobody can take them any more, and where a tab was closed or reloaded in the middle of an
 * export, they are half written.
 */
export async function removeLostDownloads(): Promise<void> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(all, { create: true });
  const found: string[] = [];
  for await (const name of folder.keys()) found.push(name);
  // Asked after the folders are known: one that came meanwhile has a lock that is not seen, and is not among them.
  const { held = [] } = await navigator.locks.query();
  const living = new Set(held.map(({ name }) => name));
  for (const name of found) if (!living.has(lockOf(name))) await folder.removeEntry(name, { recursive: true }).catch(console.info);
}
