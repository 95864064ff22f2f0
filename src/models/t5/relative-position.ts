import { log } from '../../numeric/elementary';

/** Constants of T5's relative positions, from its configuration. */
export interface RelativePositionBuckets {
  /** Buckets for both directions together. */
  readonly buckets: number;
  /** Distances from here on share the last bucket. */
  readonly maxDistance: number;
}

/**
 * Bucket of every (query, key) pair, [length, length] row-major: half of the buckets are for keys behind the query; of each
 * half, the first half are single distances, the rest grow logarithmically up to `maxDistance` (T5, section 2.1).
 * The logarithm is rounded to f32 after every operation, as the reference's is: a boundary moves otherwise.
 */
export function relativePositionBuckets(length: number, { buckets, maxDistance }: RelativePositionBuckets): Int32Array {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const logRange = Math.fround(log(maxDistance / exact));
  const bucketOfDistance = Int32Array.from({ length }, (_, distance) => {
    if (distance < exact) return distance;
    const logarithm = Math.fround(log(Math.fround(distance / exact)));
    const position = Math.fround(Math.fround(logarithm / logRange) * (half - exact));
    return Math.min(half - 1, exact + Math.trunc(position));
  });
  const result = new Int32Array(length * length);
  for (let query = 0; query < length; query++) {
    for (let key = 0; key < length; key++) {
      result[query * length + key] = (key > query ? half : 0) + bucketOfDistance[Math.abs(key - query)];
    }
  }
  return result;
}
