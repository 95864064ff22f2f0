import { philox, randomNormal, seedWords } from '../numeric/random';

/**
 * What a draw is for: one stream each, so that no two share numbers. A draw is a pure function of seed, step and purpose, so the random
 * state of a run is its seed and step. Numbers stay as they are, so that a resumed run draws the same.
 */
const purposes = {
  noise: 0,
  timestep: 1,
  timestepMix: 2,
  condition: 3,
  captionDropout: 4,
  rounding: 5,
  audioNoise: 6,
  audioTimestep: 7,
  audioTimestepMix: 8,
  audioCondition: 9,
} as const;

export type DrawPurpose = keyof typeof purposes;

/** Where in a run a draw is made. */
export interface DrawKey {
  /** Seed of the run, 0 to 2^53 - 1. */
  readonly seed: number;
  /** Steps done before. */
  readonly step: number;
  /** Number of the batch within the step, where several are summed. Default 0. */
  readonly microBatch?: number;
}

/** A 64-bit seed for one purpose at one place of a run. */
export function drawSeed({ seed, step, microBatch = 0 }: DrawKey, purpose: DrawPurpose): bigint {
  const [low, high] = philox([step >>> 0, Math.floor(step / 4294967296) >>> 0, microBatch, purposes[purpose]], seedWords(seed));
  return BigInt(low) | (BigInt(high) << 32n);
}

/** Standard normal numbers. */
export function drawNormal(key: DrawKey, purpose: DrawPurpose, count: number): Float32Array {
  return randomNormal(drawSeed(key, purpose), 0, count);
}

/** Numbers from 0 to 1, evenly spread, 1 not among them; multiples of 2^-32. */
export function drawUniform(key: DrawKey, purpose: DrawPurpose, count: number): Float64Array {
  const words = seedWords(drawSeed(key, purpose));
  return Float64Array.from({ length: count }, (_, k) => philox([k >>> 2, 0, 1, 0], words)[k % 4] / 4294967296);
}
