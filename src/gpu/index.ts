export type { BindingType, ElementType, KernelVariant } from './kernel-variant';
export { plainestCapabilities, type Capabilities } from './capabilities';
export { BufferAllocator, bufferUsage } from './buffers';
export { PipelineCache, type CompiledKernel } from './pipelines';
export { linkKernel } from './link';
export { createGpuContext, capabilitiesOf, type ContextOptions, type GpuContext, type KernelTiming } from './context';
export { openPassTimer, type PassSpan, type PassTimer } from './pass-timer';
export type { AdapterReport } from './adapter';
export { acquireDevice, type DeviceFeatures, type DeviceLimits, type DeviceOptions, type GpuDevice } from './device';
