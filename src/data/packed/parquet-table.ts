import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type Compressors, type FileMetaData } from 'hyparquet';
import { AiprodError } from '../../errors';
import { readRange, type ByteSource } from '../../weights';
import type { SourceFile } from '../data-source';
import { decompress, loadZstd } from '../sources/zstd';
import type { OpenShards } from './open-shards';

/** A table of rows in one parquet file. */
export interface ParquetTable {
  readonly rowCount: number;
  /** Names of the columns; of a nested one, the outermost. */
  readonly columns: readonly string[];
  /** Rows that are read together with a row: itself alone where the file has an index of its pages, else its row group. */
  blockOf(column: string, row: number): RowRange;
  /** Values of columns in some rows: texts, numbers, bytes (`Uint8Array`), objects of them; null where there is none. */
  read(columns: readonly string[], start: number, end: number, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>[]>;
}

/** Rows from `start` up to but without `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Most bytes of a block of rows in memory. */
const LARGEST_BLOCK = 2 ** 31;

const compressors: Compressors = {
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
  ZSTD: (input) => decompress(input),
};

/**
 * Opens a table: its footer is read now, rows when they are asked for, by pages where the file has an index of them, else by row groups.
 * @throws AiprodError 'bad-input' when it is damaged or no parquet file.
 */
export async function openParquetTable(shards: OpenShards, { path }: SourceFile, signal?: AbortSignal): Promise<ParquetTable> {
  await loadZstd();
  const metadata = await use(shards, path, signal, (file) => parquetMetadataAsync(file));
  return {
    rowCount: Number(metadata.num_rows),
    columns: parquetSchema(metadata).children.map(({ element }) => element.name),
    blockOf: (column, row) => blockOf(metadata, path, column, row),
    read: (columns, start, end, readSignal) => use(shards, path, readSignal, (file) => rowsOf(file, metadata, columns, start, end)),
  };
}

function blockOf({ row_groups: groups }: FileMetaData, path: string, column: string, row: number): RowRange {
  let start = 0;
  for (const group of groups) {
    const end = start + Number(group.num_rows);
    if (row < end) {
      const chunks = group.columns.filter(({ meta_data: chunk }) => chunk?.path_in_schema[0] === column);
      if (chunks.every((chunk) => chunk.offset_index_offset !== undefined)) return { start: row, end: row + 1 };
      const bytes = chunks.reduce((sum, { meta_data: chunk }) => sum + Number(chunk?.total_uncompressed_size ?? 0), 0);
      if (bytes <= LARGEST_BLOCK) return { start, end };
      throw new AiprodError('bad-input', 'the row group is too large to be held in memory', {
        where: `${path}, ${column}`,
        expected: `at most ${LARGEST_BLOCK} bytes, or an index of pages`,
        found: `${bytes} bytes`,
        hint: 'Write the table with smaller row groups, or with write_page_index=True',
      });
    }
    start = end;
  }
  throw new AiprodError('bad-input', 'the table has no such row', { where: path, expected: `a row below ${start}`, found: String(row) });
}

type AsyncBuffer = Parameters<typeof parquetMetadataAsync>[0];

async function rowsOf(file: AsyncBuffer, metadata: FileMetaData, columns: readonly string[], rowStart: number, rowEnd: number) {
  // Bytes stay bytes; what the schema calls a text becomes one.
  const rows: Record<string, unknown>[] = await parquetReadObjects({
    ...{ file, metadata, columns: [...columns], rowStart, rowEnd, compressors },
    ...{ utf8: false, useOffsetIndex: true },
  });
  return rows;
}

function use<Result>(
  shards: OpenShards,
  path: string,
  signal: AbortSignal | undefined,
  read: (file: AsyncBuffer) => Promise<Result>,
): Promise<Result> {
  return shards.use(path, signal, async (shard) => {
    try {
      return await read(bufferOf(shard));
    } catch (cause) {
      if (cause instanceof AiprodError) throw cause;
      const found = cause instanceof Error ? cause.message : String(cause);
      throw new AiprodError(
        'bad-input',
        'the parquet file cannot be read',
        { where: shard.name, found, hint: 'Fetch or make it again' },
        { cause },
      );
    }
  });
}

function bufferOf(shard: ByteSource): AsyncBuffer {
  return {
    byteLength: shard.size,
    slice: async (start, end = shard.size) => (await readRange(shard, start, end - start)).buffer,
  };
}
