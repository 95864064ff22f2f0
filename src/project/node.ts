/** Projects on disk, for Node only: a folder, its `project.json`, or an archive. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AiprodError } from '../errors';
import { fingerprintFile } from '../pipelines';
import { openNodeFile } from '../weights/node';
import { mediaPath, openProjectArchive, projectFileName, type ArchivedMedia } from './archive/project-archive';
import type { ProjectFile } from './kept-form';
import { readProject, type ProjectReading } from './project-file';

/** A file of a project on disk, or why it cannot be had: there is none, or it has another content than it had. */
export type MediaOnDisk = { readonly path: string } | { readonly missing: 'absent' | 'different' };

export interface ProjectOnDisk extends ProjectReading {
  /** Finds a file of the project and compares it with its fingerprint; one of an archive is unpacked aside. */
  media(item: ProjectFile & { readonly path?: string }): Promise<MediaOnDisk>;
  /** Removes what was unpacked. */
  close(): Promise<void>;
}

/**
 * Opens a project.
 * @param path an archive (`.aiprod`), a folder with `project.json`, or such a file
 * @throws AiprodError `bad-input` when it is none of these, damaged, or of a newer version
 */
export async function openProject(path: string): Promise<ProjectOnDisk> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      throw new AiprodError(
        'bad-input',
        'there is no such project',
        { where: path, expected: 'an .aiprod file, or a folder with project.json' },
        { cause },
      );
    },
  );
  if (isFolder) return openJson(join(path, projectFileName));
  return (await startsLikeZip(path)) ? openArchive(path) : openJson(path);
}

async function startsLikeZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50;
  } finally {
    await file.close();
  }
}

async function openJson(path: string): Promise<ProjectOnDisk> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AiprodError('bad-input', 'the folder holds no project', { where: dirname(path), expected: basename(path) }, { cause });
  });
  return {
    ...readProject(text, path),
    media: async (item) => compared(item, join(dirname(path), ...(item.path ?? mediaPath(item)).split('/'))),
    close: async () => undefined,
  };
}

async function openArchive(path: string): Promise<ProjectOnDisk> {
  const source = await openNodeFile(path);
  try {
    const { media, ...reading } = await openProjectArchive(source);
    let folder: Promise<string> | undefined;
    const unpacked = new Map<string, Promise<MediaOnDisk>>();
    return {
      ...reading,
      media(item) {
        const packed = media(item);
        if (packed === undefined) return Promise.resolve({ missing: 'absent' });
        folder ??= mkdtemp(join(tmpdir(), 'aiprod-project-'));
        const known = unpacked.get(item.fingerprint) ?? folder.then((at) => unpack(item, packed, join(at, basename(mediaPath(item)))));
        unpacked.set(item.fingerprint, known);
        return known;
      },
      async close() {
        await source.close?.();
        if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

async function unpack(item: ProjectFile, packed: ArchivedMedia, path: string): Promise<MediaOnDisk> {
  if (packed.size !== item.bytes) return { missing: 'different' };
  const aside = `${path}.partial`;
  await pipeline(Readable.from(packed.bytes()), createWriteStream(aside));
  await rename(aside, path);
  return compared(item, path);
}

async function compared(item: ProjectFile, path: string): Promise<MediaOnDisk> {
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isThere) return { missing: 'absent' };
  const file = await openNodeFile(path);
  try {
    const same = file.size === item.bytes && (await fingerprintFile(file)) === item.fingerprint;
    return same ? { path } : { missing: 'different' };
  } finally {
    await file.close?.();
  }
}
