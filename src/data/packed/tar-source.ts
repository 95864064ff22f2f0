import { AiprodError } from '../../errors';
import { comparePaths, type DataSource, type SourceFile } from '../data-source';
import { mapConcurrently } from '../map-concurrently';
import type { SkippedSample } from '../sample-set';
import { OpenShards } from './open-shards';
import { readTarIndex } from './tar-index';

/** Archives that are listed at the same time. */
const CONCURRENT_SHARDS = 4;

interface Member extends SourceFile {
  readonly shard: string;
  readonly offset: number;
}

/**
 * Archives (shards of the webdataset library) as a folder: `set/000.tar` is the folder `set/000` with what is in it. Their headers are read once;
 * contents are read where they lie. What is behind damage is in `rejected`.
 */
export async function tarSource(
  source: DataSource,
  shards: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<{ readonly source: DataSource; readonly rejected: readonly SkippedSample[] }> {
  const opened = new OpenShards(source);
  const members = new Map<string, Member>();
  const rejected: SkippedSample[] = [];
  const indexes = await mapConcurrently(shards, CONCURRENT_SHARDS, async (shard) => ({
    shard,
    ...(await opened.use(shard.path, signal, readTarIndex)),
  }));
  for (const { shard, entries, damage } of indexes) {
    if (damage !== undefined) rejected.push({ id: shard.path, reason: `${damage}; ${entries.length} files before that are used` });
    for (const { path: inside, offset, size } of entries) {
      const parts = inside.split('/').filter((part) => part !== '.' && part !== '');
      // Names that begin with a dot are notes of operating systems.
      if (parts.some((part) => part.startsWith('.'))) continue;
      const path = [shard.path.replace(/\.tar$/i, ''), ...parts].join('/');
      members.set(path, {
        path,
        size,
        offset,
        shard: shard.path,
        ...(shard.version === undefined ? {} : { version: `${shard.version}-${offset}` }),
      });
    }
  }
  const files = [...members.values()].sort(comparePaths);
  return {
    rejected,
    source: {
      name: source.name,
      list: async (folder) => files.filter(({ path }) => folder === '' || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)),
      stat: async (path) => members.get(path),
      async open(path, openSignal) {
        const member = members.get(path);
        if (member === undefined) {
          throw new AiprodError('bad-input', 'the file is not there', { where: `${source.name}/${path}`, hint: 'Check the path' });
        }
        return {
          name: `${source.name}/${path}`,
          size: member.size,
          read: (offset, length) => opened.use(member.shard, openSignal, (shard) => shard.read(member.offset + offset, length)),
        };
      },
    },
  };
}
