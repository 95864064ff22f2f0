/** What a device can do, as far as kernel selection needs to know. Plain data, so that selection is tested without a GPU. */
export interface Capabilities {
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** The fewest invocations of a subgroup, 0 without subgroups: 4 on SwiftShader, 8 or 16 on lavapipe, 32 on most graphics processors. */
  readonly subgroupMinSize: number;
  /** True for SwiftShader, lavapipe and other CPU drivers: there barriers and workgroup memory cost more than they save. */
  readonly software: boolean;
  readonly maxStorageBuffersPerStage: number;
  readonly maxBindingBytes: number;
  readonly maxWorkgroupStorageBytes: number;
  readonly maxInvocationsPerWorkgroup: number;
  readonly maxWorkgroupsPerDimension: number;
}

/** The plainest adapter a browser may offer: WebGPU's default limits and no optional feature. */
export const plainestCapabilities: Capabilities = {
  f16: false,
  subgroups: false,
  subgroupMinSize: 0,
  software: false,
  maxStorageBuffersPerStage: 8,
  maxBindingBytes: 128 * 1024 * 1024,
  maxWorkgroupStorageBytes: 16384,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupsPerDimension: 65535,
};
