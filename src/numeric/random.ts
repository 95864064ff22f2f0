import { AiprodError } from '../errors';
import { normalQuantileTable, SEGMENT_BITS } from './random-quantile';

export { normalQuantileTable, QUANTILE_TABLE_LENGTH } from './random-quantile';

/** Four 32-bit words. */
export type Words4 = readonly [number, number, number, number];

/** High half of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Every product is below 2^32 and every sum below 2^53, so doubles hold them exactly.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(middleLow / 65536)) >>> 0;
}

/**
 * Philox4x32-10: a counter-based generator, a keyed bijection of 128-bit counters without any state, so that any part of
 * a stream can be made on its own and in any order. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 *
 * @param counter four unsigned 32-bit words
 * @param key two unsigned 32-bit words
 * @returns four unsigned 32-bit words, uniform and independent for every counter
 */
export function philox(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * Fixed-point standard normal deviate of 32 random bits, in units of 2^-21 (|result| < 2^24, exact in f32): bit 31 is the
 * sign, the other bits select the tail probability (see random-quantile.ts).
 */
export function normalFixedPoint(bits: number, table: Int32Array): number {
  const t = ((bits << 1) | 1) >>> 0;
  const zeros = Math.clz32(t);
  const fraction = (t << zeros) << 1; // the octave's leading one is dropped
  const segment = ((31 - zeros) << SEGMENT_BITS) + (fraction >>> (32 - SEGMENT_BITS));
  const r = (fraction << SEGMENT_BITS) >>> 0; // position in the segment, units of 2^-32
  const knot = table[2 * segment];
  const slope = knot - table[2 * segment + 2];
  const parabola = multiplyHigh(table[2 * segment + 1], multiplyHigh(r, ~r >>> 0));
  const magnitude = (knot - multiplyHigh(slope, r) - parabola + 64) >> 7;
  return bits >>> 31 === 0 ? magnitude : -magnitude | 0;
}

/** A 64-bit seed as the two words of a Philox key, low word first. */
export function seedWords(seed: bigint | number): readonly [number, number] {
  const valid = typeof seed === 'bigint' ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
  if (!valid) {
    throw new AiprodError('bad-usage', 'The seed is not usable', {
      expected: 'an integer from 0 to 2^64 - 1 (as a bigint above 2^53 - 1)',
      found: String(seed),
    });
  }
  const wide = BigInt(seed);
  return [Number(wide & 0xffffffffn), Number(wide >> 32n)];
}

function requireInteger(name: string, value: number, limit: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= limit) return;
  throw new AiprodError('bad-usage', `The noise ${name} is not usable`, {
    expected: `an integer from 0 to ${limit}`,
    found: String(value),
  });
}

/**
 * Standard normal noise with the same bits on every machine, CPU or GPU: Philox4x32-10 and an integer inverse CDF.
 *
 * Element i takes word `i mod 4` of `philox([floor(i / 4), its high word, stream, 0], seed)`. Values are multiples of 2^-21
 * with |z| < 6.4.
 *
 * @param seed 0 to 2^64 - 1
 * @param stream 0 to 2^32 - 1: one number for each independent draw made with the same seed
 * @param count number of elements
 * @param offset first element; `randomNormal(s, n, c, o)` is the slice `[o, o + c)` of the whole stream
 */
export function randomNormal(seed: bigint | number, stream: number, count: number, offset = 0): Float32Array {
  const key = seedWords(seed);
  requireInteger('stream', stream, 0xffffffff);
  requireInteger('count', count, 0xffffffff);
  requireInteger('offset', offset, Number.MAX_SAFE_INTEGER - count);
  const table = normalQuantileTable();
  const noise = new Float32Array(count);
  let element = 0;
  while (element < count) {
    const position = offset + element;
    const block = Math.floor(position / 4);
    const words = philox([block >>> 0, Math.floor(block / 4294967296), stream, 0], key);
    for (let lane = position % 4; lane < 4 && element < count; lane++, element++) {
      noise[element] = normalFixedPoint(words[lane], table) / 2097152;
    }
  }
  return noise;
}
