/**
 * Decoded frames within a budget of bytes. What goes first, when room is needed:
 *
 * 1. frames of files that the picture at hand does not show, those not seen for longest first;
 * 2. frames that the direction of travel leaves behind, the farthest first;
 * 3. frames that lie ahead, the farthest first.
 *
 * A playhead goes on more often than it turns, and where it turns it meets what it left last.
 */

export type Direction = 1 | -1;

export interface CacheReport {
  readonly frames: number;
  readonly bytes: number;
  readonly budget: number;
  /** Frames asked for that were there, and that were not. */
  readonly hits: number;
  readonly misses: number;
  readonly evicted: number;
}

export interface FrameCache<Value> {
  /** A new picture is to be shown: what is visited from here on is what counts. */
  beginTurn(): void;
  /** The picture at hand shows this frame of this file, and travels through the file in this direction. */
  visit(media: string, frame: number, direction: Direction): void;
  /** As `visit`, of a file that is shown beside the picture at hand: its place before is left. */
  moveTo(media: string, frame: number, direction: Direction): void;
  /** Counts as a hit or a miss. */
  get(media: string, frame: number): Value | undefined;
  has(media: string, frame: number): boolean;
  /** Keeps a frame, and lets others go until the budget holds; a frame that is visited now always stays. */
  put(media: string, frame: number, value: Value, bytes: number): void;
  drop(media: string): void;
  report(): CacheReport;
}

interface Entry<Value> {
  readonly media: string;
  readonly frame: number;
  readonly value: Value;
  readonly bytes: number;
}

interface Visit {
  readonly frame: number;
  readonly direction: Direction;
}

/** @param budget bytes */
export function createFrameCache<Value>(budget: number): FrameCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  /** Of each file: where the last turn that showed it was, and which turn that was. */
  const visits = new Map<string, { turn: number; at: Visit[] }>();
  let turn = 0;
  let bytes = 0;
  let hits = 0;
  let misses = 0;
  let evicted = 0;

  const remove = (key: string, entry: Entry<Value>): void => {
    entries.delete(key);
    bytes -= entry.bytes;
  };

  const evict = (): void => {
    while (bytes > budget) {
      let first: { key: string; entry: Entry<Value>; rank: Rank } | undefined;
      for (const [key, entry] of entries) {
        const rank = rankOf(entry, visits.get(entry.media), turn);
        if (rank !== undefined && (first === undefined || precedes(rank, first.rank))) first = { key, entry, rank };
      }
      if (first === undefined) return;
      remove(first.key, first.entry);
      evicted += 1;
    }
  };

  return {
    beginTurn: () => void (turn += 1),
    visit(media, frame, direction) {
      const known = visits.get(media);
      if (known?.turn === turn) known.at.push({ frame, direction });
      else visits.set(media, { turn, at: [{ frame, direction }] });
    },
    moveTo: (media, frame, direction) => void visits.set(media, { turn, at: [{ frame, direction }] }),
    get(media, frame) {
      const entry = entries.get(keyOf(media, frame));
      if (entry === undefined) misses += 1;
      else hits += 1;
      return entry?.value;
    },
    has: (media, frame) => entries.has(keyOf(media, frame)),
    put(media, frame, value, size) {
      const key = keyOf(media, frame);
      const before = entries.get(key);
      if (before !== undefined) remove(key, before);
      entries.set(key, { media, frame, value, bytes: size });
      bytes += size;
      evict();
    },
    drop(media) {
      for (const [key, entry] of entries) if (entry.media === media) remove(key, entry);
      visits.delete(media);
    },
    report: () => ({ frames: entries.size, bytes, budget, hits, misses, evicted }),
  };
}

const keyOf = (media: string, frame: number): string => `${frame} ${media}`;

/** How soon a frame may go: the higher class first, in a class the greater distance. */
interface Rank {
  readonly class: number;
  readonly distance: number;
}

const precedes = (a: Rank, b: Rank): boolean => a.class > b.class || (a.class === b.class && a.distance > b.distance);

/** Undefined of a frame that is shown now. */
function rankOf(
  { frame }: Pick<Entry<unknown>, 'frame'>,
  visited: { readonly turn: number; readonly at: readonly Visit[] } | undefined,
  turn: number,
): Rank | undefined {
  if (visited === undefined || visited.turn < turn) return { class: 2, distance: visited === undefined ? Infinity : turn - visited.turn };
  let best: Rank | undefined;
  for (const visit of visited.at) {
    const ahead = (frame - visit.frame) * visit.direction;
    if (ahead === 0) return undefined;
    const rank = { class: ahead > 0 ? 0 : 1, distance: Math.abs(ahead) };
    if (best === undefined || precedes(best, rank)) best = rank;
  }
  return best;
}
