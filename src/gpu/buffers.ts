import { AiprodError } from '../errors';

/** GPUBufferUsage flags by value: the global constants do not exist in Node. */
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** Creates buffers and counts their bytes, so that a plan's prediction can be held against what was really taken. */
export class BufferAllocator {
  private live = 0;
  private peak = 0;
  private readonly sizes = new Map<GPUBuffer, number>();
  /** What the allocations that are being checked have made so far. */
  private checked: GPUBuffer[] | undefined;

  constructor(private readonly device: GPUDevice) {}

  /** Bytes held now. */
  get liveBytes(): number {
    return this.live;
  }

  /** Most bytes ever held at once since the last reset. */
  get peakBytes(): number {
    return this.peak;
  }

  resetPeak(): void {
    this.peak = this.live;
  }

  /**
   * A buffer of at least `bytes`. Refused with a typed error when the device cannot hold one this large; allocation failures
   * inside the driver arrive through `checkAllocations`.
   */
  create(label: string, bytes: number, usage: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const limit = (usage & bufferUsage.storage) !== 0 ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (size > limit) {
      throw new AiprodError('out-of-memory', `${label} does not fit into one GPU buffer`, {
        expected: `at most ${limit} bytes on this device`,
        found: `${size} bytes`,
        hint: 'Choose a smaller width, height or number of frames',
      });
    }
    const buffer = this.device.createBuffer({ label, size, usage });
    this.checked?.push(buffer);
    this.sizes.set(buffer, size);
    this.live += size;
    this.peak = Math.max(this.peak, this.live);
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    const size = this.sizes.get(buffer);
    if (size === undefined) throw new AiprodError('internal', `buffer ${buffer.label} was freed twice or belongs to another allocator`);
    this.sizes.delete(buffer);
    this.live -= size;
    buffer.destroy();
  }

  /**
   * Runs allocations, all of them or none: what was made before one failed is freed again. The driver's out-of-memory becomes a typed
   * error.
   * @param allocate makes buffers with `create`, without waiting for anything
   */
  async checkAllocations<T>(what: string, allocate: () => T): Promise<T> {
    this.device.pushErrorScope('out-of-memory');
    const made: GPUBuffer[] = [];
    this.checked = made;
    let result: { readonly value: T } | { readonly error: unknown };
    try {
      result = { value: allocate() };
    } catch (error) {
      result = { error };
    }
    this.checked = undefined;
    const failure = await this.device.popErrorScope();
    if (failure === null && 'value' in result) return result.value;
    const held = this.live;
    for (const buffer of made) this.destroy(buffer);
    if ('error' in result) throw result.error;
    throw new AiprodError('out-of-memory', `the GPU has no memory left for ${what}`, {
      found: `${held} bytes held by this process; the driver said: ${failure?.message ?? 'nothing'}`,
      hint: 'Close other programs that use the GPU, or choose a smaller width, height or number of frames',
    });
  }
}
