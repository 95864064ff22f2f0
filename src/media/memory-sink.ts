/** A file that is kept in memory. */
import { AiprodError } from '../errors';
import type { ByteSink } from './types';

export class MemorySink implements ByteSink {
  readonly inMemory = true;
  #buffer = new Uint8Array(1 << 16);
  #length = 0;
  #closed = false;

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const end = position + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, position);
    this.#length = Math.max(this.#length, end);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async abort(): Promise<void> {
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
  }

  /** The finished file. Throws before the writer's `finish` has resolved. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (!this.#closed) throw new AiprodError('internal', 'The file is not finished', { hint: 'Wait for finish()' });
    return this.#buffer.subarray(0, this.#length);
  }
}
