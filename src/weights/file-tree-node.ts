import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { AiprodError } from '../errors';
import { openNodeFile } from './byte-source-node';
import { LARGEST_TEXT_FILE, type FileTree } from './file-tree';

/** Folders of a model lie one level down; deeper ones belong to something else. */
const DEEPEST_FOLDER = 3;

/**
 * A folder on disk.
 * @throws AiprodError 'bad-input' when it is not a folder.
 */
export async function openNodeFolder(root: string): Promise<FileTree> {
  const info = await stat(root).catch(() => undefined);
  if (info?.isDirectory() !== true) {
    const found = info === undefined ? 'nothing there' : 'a file';
    throw new AiprodError('bad-input', 'cannot open the folder', { where: root, expected: 'a folder', found, hint: 'Check the path' });
  }
  return {
    name: root,
    list: () => listFiles(root, root, DEEPEST_FOLDER),
    open: async (path) => ((await isFile(root, path)) ? openNodeFile(join(root, path)) : undefined),
    async readText(path) {
      if (!(await isFile(root, path))) return undefined;
      const source = await openNodeFile(join(root, path));
      try {
        if (source.size > LARGEST_TEXT_FILE) {
          throw new AiprodError('bad-input', 'the text file is too large', {
            where: source.name,
            expected: `at most ${LARGEST_TEXT_FILE} bytes`,
            found: `${source.size}`,
          });
        }
        return new TextDecoder().decode(await source.read(0, source.size));
      } finally {
        await source.close?.();
      }
    },
  };
}

async function listFiles(root: string, folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) {
      if (depth > 1) files.push(...(await listFiles(root, path, depth - 1)));
    } else {
      // Symbolic links count: download caches lay out folders with them.
      files.push(relative(root, path).split(sep).join('/'));
    }
  }
  return files;
}

async function isFile(root: string, path: string): Promise<boolean> {
  const info = await stat(join(root, path)).catch(() => undefined);
  return info?.isFile() === true;
}
