import { bufferUsage, type GpuContext } from '../gpu';
import { storageBytes, type TensorType } from './types';

/** Values on the device that outlive the program which made them, for an input of another; whoever has them frees them. */
export class DeviceTensor {
  private constructor(
    readonly type: TensorType,
    readonly buffer: GPUBuffer,
    private readonly context: GpuContext,
  ) {}

  /** A copy of values that lie in another buffer; it is made when this resolves. */
  static async copyOf(type: TensorType, from: GPUBuffer, offset: number, context: GpuContext): Promise<DeviceTensor> {
    const { allocator, device, gpu } = context;
    const bytes = storageBytes(type);
    const usage = bufferUsage.storage | bufferUsage.copyDestination | bufferUsage.copySource;
    const buffer = await allocator.checkAllocations('values that another program takes', () => allocator.create('kept', bytes, usage));
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, offset, buffer, 0, bytes);
    device.queue.submit([encoder.finish()]);
    try {
      await gpu.guard(device.queue.onSubmittedWorkDone());
      return new DeviceTensor(type, buffer, context);
    } catch (error) {
      allocator.destroy(buffer);
      throw error;
    }
  }

  destroy(): void {
    this.context.allocator.destroy(this.buffer);
  }
}
