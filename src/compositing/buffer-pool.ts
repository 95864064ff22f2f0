import type { BufferAllocator } from '../gpu';

/** Buffers that are used again from frame to frame. What two frames in a row did not need is freed. */
export class BufferPool {
  private readonly free = new Map<string, { readonly buffer: GPUBuffer; readonly since: number }[]>();
  private readonly keys = new Map<GPUBuffer, string>();
  private round = 0;
  private closed = false;

  constructor(private readonly allocator: BufferAllocator) {}

  take(label: string, bytes: number, usage: number): GPUBuffer {
    // Small ones in steps, so that a table that grows by a few values finds one.
    const size = Math.ceil(bytes / 256) * 256;
    const key = `${size}:${usage}`;
    const known = this.free.get(key)?.pop();
    if (known !== undefined) return known.buffer;
    const buffer = this.allocator.create(label, size, usage);
    this.keys.set(buffer, key);
    return buffer;
  }

  /** Gives back the buffers of a frame. */
  give(buffers: readonly GPUBuffer[]): void {
    this.round += 1;
    for (const buffer of buffers) {
      const key = this.keys.get(buffer);
      if (key === undefined) continue;
      if (this.closed) this.destroy(buffer);
      else this.free.set(key, [...(this.free.get(key) ?? []), { buffer, since: this.round }]);
    }
    for (const [key, entries] of this.free) {
      const kept = entries.filter(({ buffer, since }) => {
        const isOld = this.round - since > keptRounds;
        if (isOld) this.destroy(buffer);
        return !isOld;
      });
      if (kept.length === 0) this.free.delete(key);
      else this.free.set(key, kept);
    }
  }

  /** Frees all that is not in use; what is, when it is given back. */
  close(): void {
    this.closed = true;
    for (const { buffer } of [...this.free.values()].flat()) this.destroy(buffer);
    this.free.clear();
  }

  private destroy(buffer: GPUBuffer): void {
    this.keys.delete(buffer);
    this.allocator.destroy(buffer);
  }
}

/** Times that buffers are given back, of which a frame has two or three. */
const keptRounds = 8;
