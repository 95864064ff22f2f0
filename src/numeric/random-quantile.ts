import { exp } from './elementary';

/**
 * The standard normal's inverse CDF as an integer table: what turns random bits into noise, in TypeScript and in
 * `kernels/random/normal.wgsl` alike, with 32-bit integer arithmetic only.
 *
 * A 31-bit magnitude m stands for the tail probability `p = t / 2^33`, `t = 2m + 1` (odd, so p is never 0 or 1/2). The
 * 32 octaves `2^o <= t < 2^(o+1)` are cut in 64 equal segments each. Segment i has two entries:
 *
 *     table[2i]     knot:      z at its start, `-Phi^-1(p)`, in units of 2^-28
 *     table[2i + 1] curvature: 4 (chord - z) at its middle, in units of 2^-28 (never negative: z is convex in p)
 *
 * so that `z(r) = knot_i - (knot_i - knot_{i+1}) r - curvature_i r (1 - r)` for r in [0, 1) within the segment: a parabola
 * through start, middle and end, off by less than 1e-7. One knot more closes the last segment (z = 0 at p = 1/2).
 */
export const OCTAVES = 32;
export const SEGMENT_BITS = 6;
/** Number of `i32` entries, two a segment and the closing pair. */
export const QUANTILE_TABLE_LENGTH = 2 * (OCTAVES * (1 << SEGMENT_BITS) + 1);

const KNOT_SCALE = 268435456; // 2^28: the largest z, 6.34, stays below 2^31
const INVERSE_SQRT_2PI = 0.3989422804014327;

/** Density of the standard normal. */
function density(z: number): number {
  return INVERSE_SQRT_2PI * exp(-0.5 * z * z);
}

/**
 * `Q(z) = 1 - Phi(z)` for 0 <= z <= 7: below 2 by the series of Phi (Abramowitz and Stegun 26.2.11), above by the
 * continued fraction of Mills' ratio (26.2.14), which keeps full relative precision in the tail.
 */
export function normalTail(z: number): number {
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 3; term > 1e-18; n += 2) {
      term = (term * z * z) / n;
      sum += term;
    }
    return 0.5 - density(z) * sum;
  }
  let fraction = z;
  for (let n = 160; n >= 1; n--) fraction = z + n / fraction;
  return density(z) / fraction;
}

/** `z >= 0` with `Q(z) = p`, for p in (0, 1/2], by Halley's iteration from the neighbouring `guess`. */
function solveTail(p: number, guess: number): number {
  let z = guess;
  for (let i = 0; i < 60; i++) {
    const step = (normalTail(z) - p) / density(z);
    const next = Math.max(0, z + step / (1 - 0.5 * z * step));
    if (Math.abs(next - z) <= 1e-14 * (1 + z)) return next;
    z = next;
  }
  return z;
}

function buildQuantileTable(): Int32Array {
  const segments = 1 << SEGMENT_BITS;
  const table = new Int32Array(QUANTILE_TABLE_LENGTH);
  // From the centre (p = 1/2, z = 0) outwards, each solution starts the next search.
  let octaveStart = 0.5;
  let end = 0;
  for (let octave = OCTAVES - 1; octave >= 0; octave--) {
    octaveStart *= 0.5;
    for (let segment = segments - 1; segment >= 0; segment--) {
      const index = 2 * (octave * segments + segment);
      const middle = solveTail(octaveStart * (1 + (segment + 0.5) / segments), end);
      const start = solveTail(octaveStart * (1 + segment / segments), middle);
      table[index] = Math.round(start * KNOT_SCALE);
      table[index + 1] = Math.max(0, Math.round((2 * (start + end) - 4 * middle) * KNOT_SCALE));
      end = start;
    }
  }
  return table;
}

let cached: Int32Array | undefined;

/** The table, built at first use (a few milliseconds). The same bits in every engine; a test pins its hash. Read only. */
export function normalQuantileTable(): Int32Array {
  cached ??= buildQuantileTable();
  return cached;
}
