import { philox, seedWords } from '../numeric/random';
import type { SampleSet } from './sample-set';

/** Samples of one batch: numbers of the set, all of one bucket. */
export interface PlannedBatch {
  readonly indices: readonly number[];
  /** All samples of the bucket in the order of the epoch: who takes the place of a damaged one comes from here. */
  readonly bucket: readonly number[];
  /** Where the batch's first sample stands in `bucket`. */
  readonly start: number;
}

/** Fourth word of the counter: keeps these draws apart from noise, whose fourth word is 0. "data" in ASCII. */
const PURPOSE = 0x64617461;
const SAMPLES = 0;
const BATCHES = 1;

/**
 * The batches of an epoch: a function of set, seed and epoch alone. Every sample comes once; a bucket whose size is no multiple of
 * `batchSize` fills its last batch with its own first samples, so that all batches are full.
 * @param seed 0 to 2^53 - 1
 * @param epoch 0 to 2^32 - 1
 */
export function planEpoch(set: Pick<SampleSet, 'size' | 'bucketOf'>, batchSize: number, seed: number, epoch: number): PlannedBatch[] {
  const buckets = new Map<string, number[]>();
  for (const index of shuffled(set.size, seed, epoch, SAMPLES)) {
    const key = set.bucketOf(index);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [index]);
    else bucket.push(index);
  }
  const batches: PlannedBatch[] = [];
  for (const bucket of buckets.values()) {
    for (let start = 0; start < bucket.length; start += batchSize) {
      const indices = Array.from({ length: batchSize }, (_, k) => bucket[(start + k) % bucket.length]);
      batches.push({ indices, bucket, start });
    }
  }
  return shuffled(batches.length, seed, epoch, BATCHES).map((index) => batches[index]);
}

/** A permutation of 0 to count - 1 (Fisher and Yates), from counter-based random words. */
function shuffled(count: number, seed: number, epoch: number, draw: number): number[] {
  const key = seedWords(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const [high, low] = philox([last, epoch, draw, PURPOSE], key);
    // 53 random bits: the bias of the product's floor is below 2^-21 for any set that fits into memory.
    const uniform = (high * 2097152 + (low >>> 11)) / 9007199254740992;
    const other = Math.floor(uniform * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
