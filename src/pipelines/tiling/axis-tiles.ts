import { AiprodError } from '../../errors';

/** Half-open positions along one axis, of latents or of what they decode to. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Tiles along one axis, all of one length so that one program runs them: as few as neighbours that share at least `overlap`
 * allow, at even distances. An axis no longer than a tile is one tile.
 *
 * @param length of the axis, @param tile of a tile, @param overlap of neighbours, all in latents; 0 <= overlap < tile
 */
export function evenTiles(length: number, tile: number, overlap: number): Span[] {
  requireTile(length, tile, overlap);
  if (length <= tile) return [{ start: 0, end: length }];
  const count = Math.ceil((length - overlap) / (tile - overlap));
  return Array.from({ length: count }, (_, k) => {
    const start = Math.round((k * (length - tile)) / (count - 1));
    return { start, end: start + tile };
  });
}

/**
 * Tiles along one axis, all of one length, whose overlap follows the content: going along the axis, each tile starts as late as
 * its seam allows.
 *
 * @param overlapAt latents that neighbours must share when the middle of their seam lies at a position; 0 <= overlap < tile
 */
export function contentTiles(length: number, tile: number, overlapAt: (position: number) => number): Span[] {
  requireTile(length, tile, 0);
  if (length <= tile) return [{ start: 0, end: length }];
  const spans: Span[] = [{ start: 0, end: tile }];
  for (let { start, end } = spans[0]; end < length;) {
    let next = end;
    while (next > start + 1 && end - next < overlapAt((next + end) / 2)) next--;
    start = Math.min(next, length - tile);
    end = start + tile;
    spans.push({ start, end });
  }
  return spans;
}

function requireTile(length: number, tile: number, overlap: number): void {
  const whole = [length, tile, overlap].every(Number.isInteger);
  if (whole && length >= 1 && tile >= 1 && overlap >= 0 && (overlap < tile || length <= tile)) return;
  throw new AiprodError('bad-input', 'an axis cannot be cut into these tiles', {
    expected: 'a tile of at least 1 latent and an overlap smaller than it',
    found: `tiles of ${tile} with an overlap of ${overlap} along ${length}`,
    hint: 'Choose a larger tile or a smaller overlap',
  });
}

/** How neighbours share their overlap along one axis. */
export interface Crossfade {
  /** Positions over which one fades into the other; at most the whole overlap. */
  readonly ramp: number;
  /**
   * Where in the overlap the middle of the ramp lies, 0 at its start and 1 at its end: in proportion to how far the network looks
   * to either side, because a tile is as good as what it sees of its surroundings.
   */
  readonly middle: number;
}

/**
 * Weights of each span's positions, which sum to 1 over the spans at every position of the axis. Within an overlap a tile has
 * weight 0 where the other sees more, then a straight ramp, then 1: a trapezoid. More than two tiles at one position share it
 * in proportion.
 */
export function spanWeights(spans: readonly Span[], crossfade: Crossfade): Float32Array[] {
  const length = spans[spans.length - 1].end;
  const raw = spans.map(({ start, end }, k) => {
    const rise = k === 0 ? undefined : fade({ start, end: spans[k - 1].end }, crossfade);
    const fall = k === spans.length - 1 ? undefined : fade({ start: spans[k + 1].start, end }, crossfade);
    return Float64Array.from({ length: end - start }, (_, i) => {
      const position = start + i + 0.5;
      return Math.min(rise?.(position) ?? 1, 1 - (fall?.(position) ?? 0));
    });
  });
  const sums = new Float64Array(length);
  spans.forEach(({ start }, k) => raw[k].forEach((weight, i) => (sums[start + i] += weight)));
  return spans.map(({ start }, k) => Float32Array.from(raw[k], (weight, i) => weight / sums[start + i]));
}

/** 0 before the ramp, 1 behind it. */
function fade({ start, end }: Span, { ramp, middle }: Crossfade): (position: number) => number {
  const overlap = end - start;
  const width = Math.min(ramp, overlap);
  const rampStart = start + (overlap - width) * Math.min(1, Math.max(0, middle));
  // A ramp of nothing is a cut, between two positions.
  if (width === 0) return (position) => (position < Math.round(rampStart) ? 0 : 1);
  return (position) => Math.min(1, Math.max(0, (position - rampStart) / width));
}
