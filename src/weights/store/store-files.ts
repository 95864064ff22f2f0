import type { FileTree } from '../file-tree';

/** A file that grows at its end. One writer at a time. */
export interface AppendFile {
  /** Bytes that are there. */
  readonly size: number;
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Cuts the file; what follows is appended from there. */
  truncate(size: number): Promise<void>;
  /** Makes what was appended last through a power cut, as far as the place can promise it. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** SHA-256 over data that comes in pieces. */
export interface StreamHash {
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal digits; ends the hash. */
  hex(): string;
}

/** A place that models are kept in: a folder on disk, or the origin's private file system in a browser. Paths have `/` between parts. */
export interface StoreFiles {
  /** Name for messages. */
  readonly name: string;
  /** Names of the folders at the top. */
  folders(): Promise<readonly string[]>;
  /** A folder to read from. */
  tree(folder: string): Promise<FileTree>;
  /** A small text file; undefined when it is not there. */
  readText(path: string): Promise<string | undefined>;
  /** Writes a small text file so that a reader sees the old text or the new one, never a part. */
  writeText(path: string, text: string): Promise<void>;
  /** Opens a file to append to, made with its folders when it is not there. */
  openAppend(path: string): Promise<AppendFile>;
  /** Removes a file or a folder with all that is in it; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Bytes that still fit; undefined where the place does not say. */
  freeBytes(): Promise<number | undefined>;
  createHash(): StreamHash;
}
