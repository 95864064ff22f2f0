import { philox, seedWords, type Words4 } from '../../../src/numeric/random';

/**
 * Uniform draws, the same on every machine: word i of the draws is word `i mod 4` of `philox([i / 4, 0, stream, 1], seed)`. The last
 * counter word keeps them apart from `randomNormal`, whose is 0.
 */
export class Draws {
  private readonly key: readonly [number, number];
  private block: Words4 = [0, 0, 0, 0];
  private taken = 0;

  /**
   * @param seed 0 to 2^53 - 1
   * @param stream 0 to 2^32 - 1: one number for each purpose
   */
  constructor(
    seed: number,
    private readonly stream: number,
  ) {
    this.key = seedWords(seed);
  }

  /** 32 random bits. */
  word(): number {
    const lane = this.taken % 4;
    if (lane === 0) this.block = philox([Math.floor(this.taken / 4), 0, this.stream, 1], this.key);
    this.taken++;
    return this.block[lane];
  }

  /** At least 0, below 1. */
  uniform(): number {
    return this.word() / 4294967296;
  }

  /** At least `low`, below `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  pick<T>(options: readonly T[]): T {
    return options[this.below(options.length)];
  }
}
