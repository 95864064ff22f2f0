/**
 * Output in Node that appears whole or not at all: written aside as `FILE.partial-<pid>`, renamed at the end. The rename is
 * atomic within a file system, so a reader sees the old file or the new one.
 */
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AiprodError } from '../errors';
import type { ByteSink, VideoFormat } from './types';

export const partialPath = (path: string): string => `${resolve(path)}.partial-${process.pid}`;

const FRAME_FILE = /^frame-\d{5,}\.png$/;

/** `frame-00012.png` */
export const frameFileName = (index: number): string => `frame-${String(index).padStart(5, '0')}.png`;

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

function unwritable(path: string, cause: unknown): AiprodError {
  const hints: Readonly<Record<string, string>> = {
    ENOENT: `Create the folder first: ${dirname(resolve(path))}`,
    ENOSPC: 'Free some space, or write to another disk',
    EACCES: 'Choose a folder that you may write to',
    EPERM: 'Choose a folder that you may write to',
    EROFS: 'Choose a folder that you may write to',
  };
  return new AiprodError(
    'unwritable-output',
    'The output cannot be written',
    { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: hints[errorCode(cause)] ?? 'Choose another place' },
    { cause },
  );
}

async function orUnwritable<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** What is at a path: `file`, `folder`, or null for nothing. */
async function kindAt(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw unwritable(path, error);
  }
}

/**
 * Whether `path` will take the output, asked before the work begins. Tries it by making and removing the file written
 * aside, because permission bits say nothing about read-only mounts, quotas, or the superuser.
 * @throws unwritable-output
 */
export async function checkWritable(path: string, format: VideoFormat | 'wav'): Promise<void> {
  const kind = await kindAt(path);
  const wanted = format === 'png' ? 'folder' : 'file';
  if (kind !== null && kind !== wanted) {
    throw new AiprodError('unwritable-output', `The output is a ${wanted}, but there is a ${kind} of that name`, {
      where: path,
      hint: 'Choose another name, or remove it',
    });
  }
  // Another name than the writer's, so that asking never disturbs a writer at work.
  const aside = `${partialPath(path)}.probe`;
  await orUnwritable(path, async () => {
    await rm(aside, { recursive: true, force: true });
    if (format === 'png') {
      await mkdir(aside);
    } else {
      await (await open(aside, 'w')).close();
    }
    await rm(aside, { recursive: true });
  });
  if (format === 'png' && kind === 'folder') {
    const probe = join(resolve(path), `.partial-${process.pid}`);
    await orUnwritable(path, async () => {
      await (await open(probe, 'w')).close();
      await rm(probe);
    });
  }
}

/** Opens the file written aside; `close` puts it in place, `abort` removes it. Errors are `unwritable-output`. */
export async function openFileSink(path: string): Promise<ByteSink> {
  const aside = partialPath(path);
  let handle: FileHandle | null = await orUnwritable(path, () => open(aside, 'w'));
  const release = async (): Promise<void> => {
    const held = handle;
    handle = null;
    await held?.close();
  };
  return {
    write: (bytes, position) =>
      orUnwritable(path, async () => {
        if (handle === null) throw new Error('the file is closed');
        for (let done = 0; done < bytes.length;) {
          done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
        }
      }),
    close: () =>
      orUnwritable(path, async () => {
        // On the disk before it replaces what was there, so that a power cut leaves one or the other.
        await handle?.sync();
        await release();
        await rename(aside, resolve(path));
      }),
    async abort() {
      await release();
      await rm(aside, { force: true });
    },
  };
}

/** A folder of frames, filled aside. */
export interface FrameFolder {
  writeFrame(index: number, png: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * Opens a folder aside; `close` renames it to `path`. Where `path` is a folder already, its `frame-*.png` are replaced
 * (and those beyond the new end removed) and every other file in it stays.
 */
export async function openFrameFolder(path: string): Promise<FrameFolder> {
  const target = resolve(path);
  const aside = partialPath(path);
  const written = new Set<string>();
  await orUnwritable(path, async () => {
    // What a killed process of the same number left; in a container the number repeats.
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside);
  });
  return {
    writeFrame: (index, png) =>
      orUnwritable(path, async () => {
        const name = frameFileName(index);
        const file = await open(join(aside, name), 'w');
        try {
          await file.writeFile(png);
        } finally {
          await file.close();
        }
        written.add(name);
      }),
    close: () =>
      orUnwritable(path, async () => {
        if ((await kindAt(target)) === null) {
          await rename(aside, target);
          return;
        }
        for (const name of written) await rename(join(aside, name), join(target, name));
        for (const name of await readdir(target)) if (FRAME_FILE.test(name) && !written.has(name)) await rm(join(target, name));
        await rm(aside, { recursive: true });
      }),
    abort: () => rm(aside, { recursive: true, force: true }),
  };
}

/** Frame files of a folder in order of their numbers. */
export async function listFrameFiles(path: string): Promise<string[]> {
  const names = (await readdir(path)).filter((name) => FRAME_FILE.test(name));
  const number = (name: string): number => Number(name.slice('frame-'.length, -'.png'.length));
  return names.toSorted((a, b) => number(a) - number(b)).map((name) => join(path, name));
}
