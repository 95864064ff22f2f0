import { AiprodError } from '../errors';
import { bufferUsage } from './buffers';
import type { GpuContext, KernelTiming } from './context';

/** GPUMapMode.READ by value: the global constants do not exist in Node. */
const mapModeRead = 0x1;
/** Bytes of the two timestamps of a pass. */
const passBytes = 16;

/** When a pass ran and how long, on the device's own clock. */
export type PassSpan = Pick<KernelTiming, 'startNanoseconds' | 'nanoseconds'>;

/** Times the compute passes of an encoder by timestamps. */
export interface PassTimer {
  /** What the descriptor of pass `index` says. */
  writes(index: number): GPUComputePassTimestampWrites;
  /** Encodes the collection of the first `passes`, behind them. */
  resolve(encoder: GPUCommandEncoder, passes: number): void;
  /** Spans of the first `passes`, when what was encoded has been submitted. */
  read(passes: number): Promise<PassSpan[]>;
  destroy(): void;
}

/**
 * @param passes most passes of an encoder, at most 2048
 * @throws AiprodError `missing-feature` without timestamp-query
 */
export function openPassTimer({ device, gpu, allocator }: GpuContext, passes: number): PassTimer {
  if (!gpu.features.timestamps) {
    throw new AiprodError('missing-feature', 'this adapter cannot time single kernels', {
      expected: 'the timestamp-query feature',
      hint: 'Leave out --trace, or use another adapter',
    });
  }
  const querySet = device.createQuerySet({ type: 'timestamp', count: passes * 2 });
  const resolved = allocator.create('timestamps', passes * passBytes, bufferUsage.queryResolve | bufferUsage.copySource);
  const staging = allocator.create('timestamps readback', passes * passBytes, bufferUsage.mapRead | bufferUsage.copyDestination);
  return {
    writes: (index) => ({ querySet, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 }),
    resolve(encoder, count) {
      encoder.resolveQuerySet(querySet, 0, count * 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * passBytes);
    },
    async read(count) {
      await gpu.guard(staging.mapAsync(mapModeRead, 0, count * passBytes));
      const stamps = new BigUint64Array(staging.getMappedRange(0, count * passBytes));
      const spans = Array.from({ length: count }, (_, index) => ({
        startNanoseconds: Number(stamps[2 * index]),
        nanoseconds: Number(stamps[2 * index + 1] - stamps[2 * index]),
      }));
      staging.unmap();
      return spans;
    },
    destroy() {
      querySet.destroy();
      allocator.destroy(resolved);
      allocator.destroy(staging);
    },
  };
}
