import type { ByteSource } from '../../weights';
import type { DataSource } from '../data-source';

/** Files that stay open: samples are read in order, of a few shards at a time. */
const OPEN_SHARDS = 4;

/**
 * Reads parts of large files again and again. Those of a place on the web stay open, the ones that were used last, since opening one may fetch
 * all of it; those on disk are opened for each read, so that none is left open.
 */
export class OpenShards {
  /** In the order of use. */
  private readonly opened = new Map<string, Promise<ByteSource>>();

  constructor(private readonly source: DataSource) {}

  async use<Result>(path: string, signal: AbortSignal | undefined, read: (shard: ByteSource) => Promise<Result>): Promise<Result> {
    if (this.source.diskPath === undefined) return read(await this.keptOpen(path, signal));
    const shard = await this.source.open(path, signal);
    try {
      return await read(shard);
    } finally {
      await shard.close?.();
    }
  }

  private keptOpen(path: string, signal: AbortSignal | undefined): Promise<ByteSource> {
    const known = this.opened.get(path);
    this.opened.delete(path);
    const shard =
      known ??
      this.source.open(path, signal).catch((error: unknown) => {
        this.opened.delete(path);
        throw error;
      });
    this.opened.set(path, shard);
    for (const oldest of this.opened.keys()) {
      if (this.opened.size <= OPEN_SHARDS) break;
      this.opened.delete(oldest);
    }
    return shard;
  }
}
