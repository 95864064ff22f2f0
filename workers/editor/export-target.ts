import { AiprodError } from '../../src/errors';
import { freeFileName, type ByteSink } from '../../src/media';
import { openHandleSink, type FrameFiles } from '../../src/media/browser';
import { orUnwritable } from '../../src/weights/browser';
import { writeZip, type ZipInput } from '../../src/project';
import { downloadsFolder } from './downloads-folder';

/** Where an export goes: a file or folder that the person chose, or this browser's own storage, from where the page offers it. */
export type ExportTarget =
  | { readonly kind: 'file'; readonly handle: FileSystemFileHandle }
  /** `name`: of the folder that is made in it for the frames, counted on where there is one of that name. */
  | { readonly kind: 'folder'; readonly handle: FileSystemDirectoryHandle; readonly name?: string }
  /** `name`: of the file that is offered. */
  | { readonly kind: 'download'; readonly name: string };

/**
 * A file to write to.
 * @param id of the export, under which a download lies until it is dropped: two of one name do not touch each other
 */
export async function targetFile(target: ExportTarget, id: string): Promise<FileSystemFileHandle> {
  if (target.kind === 'file') return target.handle;
  if (target.kind === 'folder') throw new AiprodError('bad-usage', 'a clip is one file, not a folder');
  return orUnwritable(undefined, async () => (await downloadsFolder()).getFileHandle(id, { create: true }));
}

/** The file of a download, under the name that it is offered by; what lies on disk stays there. */
export async function downloadFile(name: string, id: string): Promise<File> {
  const file = await (await (await downloadsFolder()).getFileHandle(id)).getFile();
  return new File([file], name, { type: mimeTypes[/[^.]*$/.exec(name)?.[0] ?? ''] ?? file.type });
}

const mimeTypes: Readonly<Record<string, string>> = { mp4: 'video/mp4', webm: 'video/webm', gif: 'image/gif', zip: 'application/zip' };

/** Forgets what was kept for a download: it was taken, or never finished. */
export async function dropDownload(id: string): Promise<void> {
  try {
    await (await downloadsFolder()).removeEntry(id);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  }
}

/** Frames into a folder of their own, or as one archive into a file. */
export async function targetFrames(target: ExportTarget, id: string): Promise<FrameFiles> {
  if (target.kind === 'folder') return folderFrames(target.handle, target.name ?? 'frames');
  return archiveFrames(await openHandleSink(await targetFile(target, id)));
}

/** What lay in the chosen folder before is not touched. */
async function folderFrames(chosen: FileSystemDirectoryHandle, wanted: string): Promise<FrameFiles> {
  const taken = new Set<string>();
  for await (const name of chosen.keys()) taken.add(name.toLowerCase());
  const folder = freeFileName(wanted, taken);
  const into = await orUnwritable(folder, () => chosen.getDirectoryHandle(folder, { create: true }));
  return {
    async put(name, png) {
      const sink = await openHandleSink(await orUnwritable(name, () => into.getFileHandle(name, { create: true })));
      await sink.write(png, 0);
      await sink.close();
    },
    close: async () => undefined,
    // Half a film is no film: what was written goes.
    abort: () => chosen.removeEntry(folder, { recursive: true }),
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
