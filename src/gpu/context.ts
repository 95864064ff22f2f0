import { BufferAllocator } from './buffers';
import { plainestCapabilities, type Capabilities } from './capabilities';
import type { GpuDevice } from './device';
import { PipelineCache } from './pipelines';

/** What one dispatch took on the device. */
export interface KernelTiming {
  readonly label: string;
  readonly kernel: string;
  /** On the device's own clock. */
  readonly startNanoseconds: number;
  readonly nanoseconds: number;
  readonly flops: number;
}

/** A device with everything that is kept per device: compiled kernels, the byte count, what selection may rely on. */
export interface GpuContext {
  readonly gpu: GpuDevice;
  readonly device: GPUDevice;
  readonly capabilities: Capabilities;
  readonly pipelines: PipelineCache;
  readonly allocator: BufferAllocator;
  /** When set, every run is timed kernel by kernel and reported here. Costs speed; needs the timestamp-query feature. */
  onKernel?: (timing: KernelTiming) => void;
}

export interface ContextOptions {
  /** Choose kernels as for the plainest adapter, so that all adapters run the same ones. */
  readonly deterministic?: boolean;
}

/** Wraps an acquired device. One context per device: pipelines and byte counts are shared by all programs on it. */
export function createGpuContext(gpu: GpuDevice, options: ContextOptions = {}): GpuContext {
  return {
    gpu,
    device: gpu.device,
    capabilities: options.deterministic === true ? plainestCapabilities : capabilitiesOf(gpu),
    pipelines: new PipelineCache(gpu.device),
    allocator: new BufferAllocator(gpu.device),
  };
}

/** What kernel selection may know of a device. */
export function capabilitiesOf(gpu: GpuDevice): Capabilities {
  const { limits } = gpu.device;
  return {
    f16: gpu.features.f16,
    subgroups: gpu.features.subgroups,
    subgroupMinSize: gpu.features.subgroups ? (gpu.device.adapterInfo.subgroupMinSize ?? 0) : 0,
    software: gpu.adapter.isSoftware,
    maxStorageBuffersPerStage: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
  };
}
