import { z } from 'zod';
import { AiprodError } from '../../errors';
import { memorySource } from '../../weights';
import { comparePaths, type DataSource, type SourceFile } from '../data-source';
import { FILE_COLUMNS, type MediaItem, type MediaSet } from '../media-item';
import type { SkippedSample } from '../sample-set';
import { OpenShards } from './open-shards';
import { openParquetTable, type ParquetTable } from './parquet-table';

type FileColumn = (typeof FILE_COLUMNS)[number];

/** Names of columns that hold media beside those of `MediaItem`: of the datasets library, and of sets that were made of webdataset shards. */
const OTHER_NAMES: Readonly<Record<string, FileColumn>> = {
  media_path: 'video',
  ref_media_path: 'reference_video',
  image: 'video',
  mp4: 'video',
  webm: 'video',
  mov: 'video',
  gif: 'video',
  png: 'video',
  jpg: 'video',
  jpeg: 'video',
  webp: 'video',
  wav: 'audio',
  mp3: 'audio',
  flac: 'audio',
};
const CAPTION_COLUMNS = ['caption', 'text', 'txt', 'prompt'];
/** Rows whose captions are read at once. */
const ROWS_AT_ONCE = 4096;
/** Blocks of rows that are kept: a file is asked for its size, its hash and itself, and the next lies in the same row group. */
const KEPT_BLOCKS = 3;

/** A file in a row: its bytes, or a path beside the table. */
const contentSchema = z.union([
  z.instanceof(Uint8Array).transform((bytes) => ({ bytes, path: undefined })),
  z.string().transform((path) => ({ bytes: undefined, path })),
  z.looseObject({ bytes: z.instanceof(Uint8Array).nullish(), path: z.string().nullish() }),
]);

interface Cell {
  readonly table: ParquetTable;
  readonly file: SourceFile;
  readonly column: string;
  readonly row: number;
}

/**
 * Tables of a Hugging Face data set as media: row 7 of `data/train.parquet` is the sample `data/train/0000007`. Media lie in the rows (bytes, or an object of
 * `bytes` and `path`), or are paths beside the table. Only captions are read now.
 * @throws AiprodError 'bad-input' when no table has a column of media.
 */
export async function parquetSet(
  source: DataSource,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<{ readonly source: DataSource; readonly set: MediaSet }> {
  const shards = new OpenShards(source);
  const cells = new Map<string, Cell>();
  const items: MediaItem[] = [];
  const rejected: SkippedSample[] = [];
  const columnsSeen = new Set<string>();
  for (const file of files) {
    const table = await openParquetTable(shards, file, signal).catch((error: unknown) => {
      if (!(error instanceof AiprodError) || error.code !== 'bad-input') throw error;
      rejected.push({ id: file.path, reason: error.message });
    });
    if (table === undefined) continue;
    for (const column of table.columns) columnsSeen.add(column);
    const media = mediaColumns(table.columns);
    if (media.size === 0) continue;
    const captions = CAPTION_COLUMNS.find((name) => table.columns.includes(name));
    for (let start = 0; start < table.rowCount; start += ROWS_AT_ONCE) {
      const end = Math.min(table.rowCount, start + ROWS_AT_ONCE);
      const rows = captions === undefined ? [] : await table.read([captions], start, end, signal);
      for (let row = start; row < end; row++) {
        const id = `${file.path.replace(/\.parquet$/i, '')}/${String(row).padStart(7, '0')}`;
        const paths = [...media].map(([field, column]) => {
          const path = field === 'video' ? id : `${id}.${field}`;
          cells.set(path, { table, file, column, row });
          return [field, path] as const;
        });
        const caption = captions === undefined ? undefined : textOf(rows[row - start][captions]);
        items.push({ id, ...Object.fromEntries(paths), ...(caption === undefined ? {} : { caption }) });
      }
    }
  }
  if (items.length === 0) {
    throw new AiprodError('bad-input', 'the tables hold no media', {
      where: source.name,
      expected: `rows with a column ${[...FILE_COLUMNS.slice(0, 2), 'image', 'mp4'].join(', ')}`,
      found: rejected.length > 0 ? rejected[0].reason : [...columnsSeen].join(', ') || 'no column',
    });
  }
  return { source: withCells(source, cells), set: { items, rejected } };
}

function mediaColumns(columns: readonly string[]): Map<FileColumn, string> {
  const found = new Map<FileColumn, string>();
  for (const column of columns) {
    const field = FILE_COLUMNS.find((name) => name === column) ?? (Object.hasOwn(OTHER_NAMES, column) ? OTHER_NAMES[column] : undefined);
    if (field !== undefined && !found.has(field)) found.set(field, column);
  }
  return found;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

/** The source with contents of cells as further files, which are not listed. */
function withCells(source: DataSource, cells: ReadonlyMap<string, Cell>): DataSource {
  const kept = new Map<string, ReturnType<ParquetTable['read']>>();
  const rowOf = async ({ table, file, column, row }: Cell, signal: AbortSignal | undefined): Promise<unknown> => {
    const { start, end } = table.blockOf(column, row);
    const key = `${file.path} ${column} ${start}`;
    let block = kept.get(key);
    if (block === undefined) {
      block = table.read([column], start, end, signal);
      kept.set(key, block);
      block.catch(() => kept.delete(key));
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT_BLOCKS) break;
        kept.delete(oldest);
      }
    }
    return (await block)[row - start][column];
  };
  const contentOf = async (cell: Cell, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> =>
    fileIn(await rowOf(cell, signal), source, cell, signal);
  return {
    name: source.name,
    list: async (folder, signal) => [...(await source.list(folder, signal))].sort(comparePaths),
    async stat(path, signal) {
      const cell = cells.get(path);
      if (cell === undefined) return source.stat(path, signal);
      const content = await contentOf(cell, signal);
      if (content === undefined) return undefined;
      const { version } = cell.file;
      return { path, size: content.length, ...(version === undefined ? {} : { version: `${version}-${cell.column}-${cell.row}` }) };
    },
    async open(path, signal) {
      const cell = cells.get(path);
      if (cell === undefined) return source.open(path, signal);
      const content = await contentOf(cell, signal);
      if (content !== undefined) return memorySource(content, `${source.name}/${path}`);
      throw new AiprodError('bad-input', 'the row holds no file', { where: `${source.name}/${path}`, found: `nothing in ${cell.column}` });
    },
    ...(source.diskPath === undefined ? {} : { diskPath: (path: string) => (cells.has(path) ? undefined : source.diskPath?.(path)) }),
  };
}

/** Undefined where the cell is empty. @throws AiprodError 'bad-input' where it holds something else than a file */
async function fileIn(
  value: unknown,
  source: DataSource,
  { file, column, row }: Cell,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (value === null || value === undefined) return undefined;
  const content = contentSchema.safeParse(value);
  if (!content.success) {
    throw new AiprodError('bad-input', 'the column holds no files', {
      where: `${source.name}/${file.path}, ${column}, row ${row}`,
      expected: 'bytes, a path, or an object of bytes and path',
      found: typeof value,
    });
  }
  const { bytes, path } = content.data;
  if (bytes !== undefined && bytes !== null) return bytes;
  if (path === undefined || path === null || path === '') return undefined;
  return readBeside(source, file.path, path, signal);
}

/** A file that a table names, relative to its own folder. */
async function readBeside(source: DataSource, table: string, path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (path.startsWith('/') || /^[a-z]+:/i.test(path) || path.split(/[\\/]/).includes('..')) {
    throw new AiprodError('bad-input', 'the table names a file that is not beside it', {
      where: `${source.name}/${table}`,
      expected: "a path below the table's folder, or the bytes themselves",
      found: path,
    });
  }
  const folder = table.includes('/') ? table.slice(0, table.lastIndexOf('/') + 1) : '';
  const file = await source.open(folder + path, signal);
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close?.();
  }
}
