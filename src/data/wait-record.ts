/** How long batches were waited for. Milliseconds. */
export interface WaitFigures {
  readonly batches: number;
  /** Batches that were there when they were asked for. */
  readonly ready: number;
  /** Over the last 1,000 batches; 0 before the first. */
  readonly median: number;
  readonly longest: number;
  readonly total: number;
}

const WINDOW = 1000;

/** Notes waits as they happen. */
export class WaitRecord {
  private readonly recent: number[] = [];
  private batches = 0;
  private ready = 0;
  private longest = 0;
  private total = 0;

  /** @param wait milliseconds */
  add(wait: number, wasReady: boolean): void {
    this.recent[this.batches % WINDOW] = wait;
    this.batches++;
    if (wasReady) this.ready++;
    this.longest = Math.max(this.longest, wait);
    this.total += wait;
  }

  figures(): WaitFigures {
    const sorted = [...this.recent].sort((a, b) => a - b);
    const median = sorted.length === 0 ? 0 : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    return { batches: this.batches, ready: this.ready, median, longest: this.longest, total: this.total };
  }
}
