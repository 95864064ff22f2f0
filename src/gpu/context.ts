import { BufferAllocator } from './buffers';
import type { Capabilities } from './capabilities';
import type { GpuDevice } from './device';
import { PipelineCache } from './pipelines';

/** A device with everything that is kept per device: compiled kernels, the byte count, what selection may rely on. */
export interface GpuContext {
  readonly gpu: GpuDevice;
  readonly device: GPUDevice;
  readonly capabilities: Capabilities;
  readonly pipelines: PipelineCache;
  readonly allocator: BufferAllocator;
}

/** Wraps an acquired device. One context per device: pipelines and byte counts are shared by all programs on it. */
export function createGpuContext(gpu: GpuDevice): GpuContext {
  return {
    gpu,
    device: gpu.device,
    capabilities: capabilitiesOf(gpu),
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
    software: gpu.adapter.isSoftware,
    maxStorageBuffersPerStage: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
  };
}
