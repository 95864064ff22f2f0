import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AiprodError } from '../../errors';
import { openNodeFile } from '../../weights/node';
import { comparePaths, type DataSource, type SourceFile } from '../data-source';

/**
 * A folder on disk. Names that begin with a dot are listed only below a folder that is asked for by such a name; links to files are followed.
 * @throws AiprodError 'bad-input' when it is not a folder.
 */
export async function openLocalSource(root: string): Promise<DataSource> {
  const info = await stat(root).catch(() => undefined);
  if (info?.isDirectory() !== true) {
    const found = info === undefined ? 'nothing there' : 'a file';
    throw new AiprodError('bad-input', 'cannot open the data', { where: root, expected: 'a folder', found, hint: 'Check the path' });
  }
  const place = (path: string): string => {
    const target = resolve(root, path);
    const inside = relative(resolve(root), target);
    if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return target;
    throw new AiprodError('bad-input', 'the path leaves the data set', {
      where: path,
      expected: `a file below ${root}`,
      hint: 'Move the file into the folder, or name a folder that holds both',
    });
  };
  const fileOf = async (path: string): Promise<SourceFile | undefined> => {
    const found = await stat(place(path)).catch(() => undefined);
    if (found?.isFile() !== true) return undefined;
    return { path, size: found.size, version: `${found.size}-${found.mtimeMs}` };
  };
  return {
    name: root,
    async list(folder) {
      const start = place(folder);
      const names = await readdir(start, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
        const found = cause instanceof Error ? cause.message : String(cause);
        throw new AiprodError('bad-input', 'cannot list the folder', { where: start, found, hint: 'Check the path' }, { cause });
      });
      const paths = names
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter(
          (path) =>
            !path
              .slice(folder.length)
              .split('/')
              .some((part) => part.startsWith('.')),
        );
      const files = await Promise.all(paths.map(fileOf));
      return files.filter((file) => file !== undefined).sort(comparePaths);
    },
    stat: fileOf,
    open: async (path) => openNodeFile(place(path)),
    diskPath: place,
  };
}
