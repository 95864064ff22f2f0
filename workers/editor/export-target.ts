import { AiprodError } from '../../src/errors';
import type { ByteSink } from '../../src/media';
import { openHandleSink, type FrameFiles } from '../../src/media/browser';
import { writeZip, type ZipInput } from '../../src/project';

/** Where an export goes: a file or folder that the person chose, or this browser's own storage, from where the page offers it. */
export type ExportTarget =
  | { readonly kind: 'file'; readonly handle: FileSystemFileHandle }
  | { readonly kind: 'folder'; readonly handle: FileSystemDirectoryHandle }
  | { readonly kind: 'download'; readonly name: string };

/** Folder of the origin's private file system that holds exports until they are downloaded. */
const folder = 'exports';

const exportsFolder = async (): Promise<FileSystemDirectoryHandle> =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });

/** A file to write to. */
export async function targetFile(target: ExportTarget): Promise<FileSystemFileHandle> {
  if (target.kind === 'file') return target.handle;
  if (target.kind === 'folder') throw new AiprodError('bad-usage', 'a clip is one file, not a folder');
  return (await exportsFolder()).getFileHandle(target.name, { create: true });
}

/** Forgets what was kept for a download: it was taken, or never finished. */
export async function dropDownload(name: string): Promise<void> {
  try {
    await (await exportsFolder()).removeEntry(name);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  }
}

/** Frames into a folder, or as one archive into a file. */
export async function targetFrames(target: ExportTarget): Promise<FrameFiles> {
  if (target.kind === 'folder') return folderFrames(target.handle);
  return archiveFrames(await openHandleSink(await targetFile(target)));
}

function folderFrames(into: FileSystemDirectoryHandle): FrameFiles {
  const written: string[] = [];
  return {
    async put(name, png) {
      const sink = await openHandleSink(await into.getFileHandle(name, { create: true }));
      written.push(name);
      await sink.write(png, 0);
      await sink.close();
    },
    close: async () => undefined,
    async abort() {
      // Half a film is no film: what was written goes.
      for (const name of written) await into.removeEntry(name);
    },
  };
}

/** Frames go into the archive as they come; one is in memory at a time. */
function archiveFrames(sink: ByteSink): FrameFiles {
  let waiting: { readonly file: ZipInput | undefined; readonly taken: () => void } | undefined;
  let wake = (): void => undefined;
  const files = async function* (): AsyncGenerator<ZipInput, void, undefined> {
    for (;;) {
      while (waiting === undefined) await new Promise<void>((resolve) => (wake = resolve));
      const { file, taken } = waiting;
      if (file === undefined) return taken();
      yield file;
      waiting = undefined;
      taken();
    }
  };
  const writing = (async () => {
    let at = 0;
    for await (const piece of writeZip(files())) {
      await sink.write(piece, at);
      at += piece.length;
    }
  })();
  // Told where the next frame is given.
  writing.catch(() => undefined);
  const give = (file: ZipInput | undefined): Promise<void> =>
    Promise.race([
      new Promise<void>((resolve) => {
        waiting = { file, taken: resolve };
        wake();
      }),
      // It ends before its end only where it fails.
      writing,
    ]);
  return {
    put: (name, png) =>
      give({
        path: name,
        size: png.length,
        async *bytes() {
          yield png;
        },
      }),
    async close() {
      await give(undefined);
      await writing;
      await sink.close();
    },
    abort: () => sink.abort(),
  };
}
