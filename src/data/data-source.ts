import type { ByteSource } from '../weights';

/** A file of a source. */
export interface SourceFile {
  /** Relative to the source, with `/` between the parts. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the content does: an entity tag, or the time of the last change. Undefined where a place has neither. */
  readonly version?: string;
}

/**
 * A place that holds a data set: a folder, a bucket, a repository. Every method throws AiprodError 'bad-input' when the place cannot be
 * read, and 'cancelled' when its signal aborts.
 */
export interface DataSource {
  /** Name for messages: a path or an address. */
  readonly name: string;
  /** All files below a folder ('' is the whole source), in code-unit order of their paths; none where there is no such folder. */
  list(folder: string, signal?: AbortSignal): Promise<readonly SourceFile[]>;
  /** Undefined when the file is not there. */
  stat(path: string, signal?: AbortSignal): Promise<SourceFile | undefined>;
  /** Opens a file for reads of ranges. Close it when done. */
  open(path: string, signal?: AbortSignal): Promise<ByteSource>;
  /** Where a file lies on disk; undefined where it lies in another file. Absent where the source is no folder on disk. */
  diskPath?(path: string): string | undefined;
}

/** Order of paths: by UTF-16 code units, the same on every machine, unlike a locale's order. */
export function comparePaths(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
