import type { ByteSource } from './byte-source';

/** A folder of files, wherever it lies. Paths are relative, with `/` between the parts. */
export interface FileTree {
  /** Name for messages. */
  readonly name: string;
  /** Paths of the files that are there, or may be there where the place cannot be listed (a web server). */
  list(): Promise<readonly string[]>;
  /** Opens a file; undefined when it is not there. */
  open(path: string): Promise<ByteSource | undefined>;
  /** Reads a small text file; undefined when it is not there. */
  readText(path: string): Promise<string | undefined>;
}

/** Largest text file that is read whole: tokenizers of 256,000 pieces stay below 40 MB. */
export const LARGEST_TEXT_FILE = 128 * 1024 * 1024;

/** `folder/file`, where the folder may be the tree itself (''). */
export function joinPath(folder: string, file: string): string {
  return folder === '' ? file : `${folder}/${file}`;
}

/** A folder of a tree as a tree of its own. */
export function subTree(tree: FileTree, folder: string): FileTree {
  const prefix = `${folder}/`;
  return {
    name: `${tree.name}/${folder}`,
    list: async () => (await tree.list()).filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    open: (path) => tree.open(prefix + path),
    readText: (path) => tree.readText(prefix + path),
  };
}
