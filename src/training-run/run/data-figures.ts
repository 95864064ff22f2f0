import type { WaitFigures } from '../../data';
import type { CacheFigures } from '../../data/node';

/** How the data of a run came in. */
export interface DataFigures {
  /** How long steps waited for their batches, milliseconds. */
  readonly waits: WaitFigures;
  /** Of data that is fetched from an address and kept on disk. */
  readonly cache?: Omit<CacheFigures, 'hits' | 'misses'> & {
    /** By the epoch that was trained when they were made: reads run ahead of it by the batches that are prefetched. */
    readonly epochs: readonly EpochReads[];
  };
}

/** Reads of an epoch, and the share of them that the disk answered. */
export interface EpochReads {
  readonly epoch: number;
  readonly reads: number;
  readonly hitRate: number;
}

type Counts = Pick<CacheFigures, 'hits' | 'misses'>;

/** Tells the reads of one epoch from those of another. */
export class CacheByEpoch {
  private readonly begun: { readonly epoch: number; readonly at: Counts }[] = [];

  /** @param figures of the cache as they are now */
  constructor(private readonly figures: () => CacheFigures) {}

  /** Notes that a batch of an epoch is about to be trained. */
  enter(epoch: number): void {
    // What opening the set has read counts for the first.
    if (this.begun.at(-1)?.epoch !== epoch)
      this.begun.push({ epoch, at: this.begun.length === 0 ? { hits: 0, misses: 0 } : this.figures() });
  }

  /** The share of hits since the epoch of now began; 0 where nothing has been read since. */
  hitRate(): number {
    return this.epochs().at(-1)?.hitRate ?? 0;
  }

  epochs(): EpochReads[] {
    const ends = [...this.begun.slice(1).map(({ at }) => at), this.figures()];
    return this.begun.map(({ epoch, at }, k) => {
      const [hits, misses] = [ends[k].hits - at.hits, ends[k].misses - at.misses];
      return { epoch, reads: hits + misses, hitRate: hits / Math.max(1, hits + misses) };
    });
  }

  report(): DataFigures['cache'] {
    const { hits: _hits, misses: _misses, ...rest } = this.figures();
    return { ...rest, epochs: this.epochs() };
  }
}
