import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from '../content-key';
import { sha256 } from '../../numeric/sha256';
import { memorySource } from '../../weights';
import { writeWhole } from '../../weights/node';
import type { DataSource } from '../data-source';
import { compress, decompress, loadZstd } from './zstd';

/** Settings of `cachedSource`. */
export interface CacheOptions {
  /** Folder of the cache; made where it is not there. */
  readonly folder: string;
  /** Most bytes on disk, compressed. */
  readonly budget: number;
}

/** How a cache has done. */
export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
  /** Entries that were damaged, and fetched again; they are among the misses. */
  readonly damaged: number;
  /** Share of reads that were hits; 0 before the first. */
  readonly hitRate: number;
  /** Bytes on disk. */
  readonly bytes: number;
}

/** A source whose files stay on disk, compressed, once they have been fetched. */
export interface CachedSource extends DataSource {
  figures(): CacheFigures;
}

const ENDING = '.zst';
const HASH_BYTES = 64;
/** Files of media hardly become smaller, and tensors do at the fastest level. */
const LEVEL = 1;

interface Entry {
  readonly bytes: number;
}

/**
 * Keeps files of a source on disk, each compressed with zstd and written whole or not at all; what was used longest ago goes first where the
 * budget is full. An entry begins with the SHA-256 of its content: a damaged one is fetched again. It is known by the place, path and version
 * of its file, so that a changed file is fetched anew; what the source knows no version of is kept by place and path.
 */
export async function cachedSource(source: DataSource, { folder, budget }: CacheOptions): Promise<CachedSource> {
  await loadZstd();
  await mkdir(folder, { recursive: true });
  // In the order of use: a map keeps the order in which keys were put in.
  const entries = new Map<string, Entry>(await entriesOf(folder));
  let bytes = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  const counts = { hits: 0, misses: 0, damaged: 0 };
  const pathOf = (key: string): string => join(folder, key + ENDING);
  const drop = async (key: string): Promise<void> => {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
    await rm(pathOf(key), { force: true });
  };
  const read = async (key: string): Promise<Uint8Array | undefined> => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const content = await unpack(pathOf(key));
    if (content === undefined) {
      counts.damaged++;
      await drop(key);
      return undefined;
    }
    entries.delete(key);
    entries.set(key, entry);
    const now = new Date();
    await utimes(pathOf(key), now, now);
    return content;
  };
  const keep = async (key: string, content: Uint8Array): Promise<void> => {
    const packed = compress(content, LEVEL);
    const size = HASH_BYTES + packed.length;
    if (size > budget) return;
    for (const oldest of entries.keys()) {
      if (bytes + size <= budget) break;
      await drop(oldest);
    }
    const file = new Uint8Array(size);
    file.set(new TextEncoder().encode(await sha256(content)));
    file.set(packed, HASH_BYTES);
    await writeWhole(pathOf(key), file);
    bytes += size - (entries.get(key)?.bytes ?? 0);
    entries.set(key, { bytes: size });
  };
  // One at a time for each file: two readers of one fetch it once.
  const underWay = new Map<string, Promise<Uint8Array>>();
  const contentOf = async (path: string, key: string, signal: AbortSignal | undefined): Promise<Uint8Array> => {
    const known = await read(key);
    if (known !== undefined) {
      counts.hits++;
      return known;
    }
    counts.misses++;
    const file = await source.open(path, signal);
    try {
      const content = await file.read(0, file.size);
      await keep(key, content);
      return content;
    } finally {
      await file.close?.();
    }
  };
  return {
    name: source.name,
    list: (path, signal) => source.list(path, signal),
    stat: (path, signal) => source.stat(path, signal),
    async open(path, signal) {
      const info = await source.stat(path, signal);
      const key = keyOf([source.name, path, info?.version ?? null]);
      let content = underWay.get(key);
      if (content === undefined) {
        content = contentOf(path, key, signal).finally(() => underWay.delete(key));
        underWay.set(key, content);
      } else counts.hits++;
      return memorySource(await content, `${source.name}/${path}`);
    },
    figures: () => ({ ...counts, hitRate: counts.hits / Math.max(1, counts.hits + counts.misses), bytes }),
  };
}

/** What is in the folder, longest unused first. */
async function entriesOf(folder: string): Promise<[string, Entry][]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING));
  const found = await Promise.all(
    names.map(async (name) => ({ key: name.slice(0, -ENDING.length), info: await stat(join(folder, name)) })),
  );
  return found.sort((a, b) => a.info.mtimeMs - b.info.mtimeMs).map(({ key, info }) => [key, { bytes: info.size }]);
}

/** Undefined where the entry is not there, or is not what was kept. */
async function unpack(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = new Uint8Array(await readFile(path));
    const content = decompress(file.subarray(HASH_BYTES));
    const isWhole = (await sha256(content)) === new TextDecoder().decode(file.subarray(0, HASH_BYTES));
    return isWhole ? content : undefined;
  } catch {
    // Whatever is wrong with it, the source has the file.
    return undefined;
  }
}
