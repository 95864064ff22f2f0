import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { AiprodError } from '../../errors';
import { openNodeFolder } from '../file-tree-node';
import type { AppendFile, StoreFiles } from './store-files';

/** Where models are kept unless `AIPROD_MODELS` names a folder: the place for a program's data on each system. */
export function modelsDirectory(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (environment.AIPROD_MODELS) return environment.AIPROD_MODELS;
  if (environment.XDG_DATA_HOME) return join(environment.XDG_DATA_HOME, 'aiprod', 'models');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'aiprod', 'models');
  if (platform === 'win32' && environment.LOCALAPPDATA) return join(environment.LOCALAPPDATA, 'aiprod', 'models');
  return join(homedir(), '.local', 'share', 'aiprod', 'models');
}

/** A store in a folder on disk; the folder is made when something is first written. */
export function nodeStoreFiles(root: string): StoreFiles {
  const at = (path: string): string => join(root, ...path.split('/'));
  return {
    name: root,
    async folders() {
      const entries = await readdir(root, { withFileTypes: true }).catch(absent);
      return (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    },
    tree: (folder) => openNodeFolder(at(folder)),
    readText: (path) => readFile(at(path), 'utf8').catch(absent),
    writeText: (path, text) =>
      orUnwritable(at(path), async () => {
        await mkdir(dirname(at(path)), { recursive: true });
        const aside = `${at(path)}.partial-${process.pid}`;
        const file = await open(aside, 'w');
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(aside, at(path));
      }),
    openAppend: (path) =>
      orUnwritable(at(path), async () => {
        await mkdir(dirname(at(path)), { recursive: true });
        return openAppendFile(at(path));
      }),
    remove: (path) => orUnwritable(at(path), () => rm(at(path), { recursive: true, force: true })),
    async freeBytes() {
      // The folder may not be there yet: its disk is that of the nearest folder above.
      for (let folder = root; ; folder = dirname(folder)) {
        const stats = await statfs(folder).catch(() => undefined);
        if (stats !== undefined) return stats.bavail * stats.bsize;
        if (dirname(folder) === folder) return undefined;
      }
    },
    createHash() {
      const hash = createHash('sha256');
      return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
    },
  };
}

async function openAppendFile(path: string): Promise<AppendFile> {
  // Not 'a': an append-only handle on Linux ignores positions, and a cut must be able to go back.
  const handle = (await open(path, 'r+').catch(absent)) ?? (await open(path, 'wx+'));
  let { size } = await handle.stat();
  return {
    get size() {
      return size;
    },
    append: (bytes) =>
      orUnwritable(path, async () => {
        for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done, bytes.length - done, size + done)).bytesWritten;
        size += bytes.length;
      }),
    truncate: (length) =>
      orUnwritable(path, async () => {
        await handle.truncate(length);
        size = length;
      }),
    flush: () => orUnwritable(path, () => handle.datasync()),
    close: () => handle.close(),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Nothing there is an answer; every other failure stays one. */
function absent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or set AIPROD_MODELS to a folder on another disk',
  EACCES: 'Set AIPROD_MODELS to a folder that you may write to',
  EPERM: 'Set AIPROD_MODELS to a folder that you may write to',
  EROFS: 'Set AIPROD_MODELS to a folder that you may write to',
};

async function orUnwritable<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    const found = cause instanceof Error ? cause.message : String(cause);
    const hint = hints[codeOf(cause)] ?? 'Check the disk and the folder';
    const code = codeOf(cause) === 'ENOSPC' ? 'storage-full' : 'unwritable-output';
    throw new AiprodError(code, 'the model cannot be stored', { where, found, hint }, { cause });
  }
}
