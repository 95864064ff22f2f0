import { AiprodError } from '../errors';
import { adapterName, matchesName, reportAdapter, type AdapterReport } from './adapter';

/** How to choose a device. */
export interface DeviceOptions {
  /** `auto`: a real GPU first, software otherwise; `software`: software only; anything else: part of an adapter's name. */
  readonly preference: string;
  /** Receives one line that says which adapter was taken. */
  readonly log?: (line: string) => void;
  /** Graphics API below WebGPU where the caller knows it (Node does, a browser does not tell). */
  readonly backend?: string;
  /** What a person can do when there is no adapter; the default speaks to somebody in a browser. */
  readonly installHint?: string;
}

/** Optional abilities that kernels choose their variant by. */
export interface DeviceFeatures {
  /** Half-precision arithmetic and storage in WGSL (`shader-f16`). */
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** GPU-side timing of passes (`timestamp-query`). */
  readonly timestamps: boolean;
}

/** Limits that compute work depends on, in WebGPU's own names; bytes, counts and alignments as there. */
export type DeviceLimits = ReturnType<typeof readLimits>;

/** How a device ended. */
export interface DeviceLoss {
  /** True after `destroy()`, false when the driver took the device away. */
  readonly expected: boolean;
  readonly error: AiprodError;
}

/** A device with what the rest of the project needs to know about it. */
export interface GpuDevice {
  readonly device: GPUDevice;
  readonly adapter: AdapterReport;
  readonly features: DeviceFeatures;
  readonly limits: DeviceLimits;
  /** Settles (never rejects) when the device is gone. */
  readonly lost: Promise<DeviceLoss>;
  /**
   * Waits for GPU work, and rejects with the typed error when the device is lost first or the driver reported an error
   * outside any error scope: an `await` on a lost device would otherwise hang or fail without a cause.
   */
  readonly guard: <T>(work: Promise<T>) => Promise<T>;
  /** Throws the typed error when the device is lost or the driver reported an error. */
  readonly check: () => void;
  readonly destroy: () => void;
}

const browserHint =
  'Use a browser with WebGPU (Chrome or Edge 121 or newer), switch on hardware acceleration in its settings and look at chrome://gpu; without a GPU start it with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader';

/**
 * Requests an adapter and a device with the adapter's full compute limits and every optional feature that kernels use.
 *
 * @throws AiprodError `no-adapter` when nothing fits the preference, `out-of-memory` or `gpu-failure` when the adapter
 * refuses to make a device.
 */
export async function acquireDevice(gpu: GPU | undefined, options: DeviceOptions): Promise<GpuDevice> {
  const adapter = await requestAdapter(gpu, options);
  const report = reportAdapter(adapter.info, options.backend);
  const features: DeviceFeatures = {
    f16: adapter.features.has('shader-f16'),
    subgroups: adapter.features.has('subgroups'),
    timestamps: adapter.features.has('timestamp-query'),
  };
  const requiredFeatures: GPUFeatureName[] = [];
  if (features.f16) requiredFeatures.push('shader-f16');
  if (features.subgroups) requiredFeatures.push('subgroups');
  if (features.timestamps) requiredFeatures.push('timestamp-query');
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ label: 'aiprod', requiredFeatures, requiredLimits: readLimits(adapter.limits) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = /memory/i.test(reason) ? 'out-of-memory' : 'gpu-failure';
    throw new AiprodError(
      code,
      `${adapterName(report)} refuses to make a device: ${reason}`,
      { hint: 'Close other programs that use the GPU, update its driver, or choose --device software' },
      { cause },
    );
  }
  options.log?.(announce(report, features));
  return wrapDevice(device, report, features);
}

async function requestAdapter(gpu: GPU | undefined, options: DeviceOptions): Promise<GPUAdapter> {
  const { preference } = options;
  const hint = options.installHint ?? browserHint;
  if (gpu === undefined) throw new AiprodError('no-adapter', 'WebGPU is not available here', { hint });

  const real = preference === 'software' ? null : await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (preference === 'auto' && real !== null) return real;
  if (real !== null && matchesReport(preference, real)) return real;

  const software = (await gpu.requestAdapter({ forceFallbackAdapter: true })) ?? (await softwareByName(gpu));
  if (software !== null && (preference === 'auto' || preference === 'software' || matchesReport(preference, software))) return software;

  const present = [real, software].filter((adapter) => adapter !== null).map((adapter) => adapterName(reportAdapter(adapter.info)));
  throw new AiprodError('no-adapter', `no WebGPU adapter fits --device ${preference}`, {
    found: present.length === 0 ? 'none' : present.join(', '),
    hint: present.length === 0 ? hint : 'Choose auto, software or a part of the name of one that was found',
  });
}

/** Software rasterisers that do not count themselves as fallback (lavapipe) come as the plain adapter where there is no GPU. */
async function softwareByName(gpu: GPU): Promise<GPUAdapter | null> {
  const plain = await gpu.requestAdapter();
  return plain !== null && reportAdapter(plain.info).isSoftware ? plain : null;
}

function matchesReport(name: string, adapter: GPUAdapter): boolean {
  const { vendor, architecture, device, description } = adapter.info;
  return matchesName(name, `${vendor} ${architecture} ${device} ${description}`);
}

/** The compute limits of an adapter or device as a plain record. */
export function readLimits(source: GPUSupportedLimits) {
  return {
    maxBindGroups: source.maxBindGroups,
    maxBindingsPerBindGroup: source.maxBindingsPerBindGroup,
    maxBufferSize: source.maxBufferSize,
    maxComputeInvocationsPerWorkgroup: source.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: source.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupSizeY: source.maxComputeWorkgroupSizeY,
    maxComputeWorkgroupSizeZ: source.maxComputeWorkgroupSizeZ,
    maxComputeWorkgroupStorageSize: source.maxComputeWorkgroupStorageSize,
    maxComputeWorkgroupsPerDimension: source.maxComputeWorkgroupsPerDimension,
    maxDynamicStorageBuffersPerPipelineLayout: source.maxDynamicStorageBuffersPerPipelineLayout,
    maxDynamicUniformBuffersPerPipelineLayout: source.maxDynamicUniformBuffersPerPipelineLayout,
    maxStorageBufferBindingSize: source.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: source.maxStorageBuffersPerShaderStage,
    maxTextureDimension2D: source.maxTextureDimension2D,
    maxUniformBufferBindingSize: source.maxUniformBufferBindingSize,
    maxUniformBuffersPerShaderStage: source.maxUniformBuffersPerShaderStage,
    minStorageBufferOffsetAlignment: source.minStorageBufferOffsetAlignment,
    minUniformBufferOffsetAlignment: source.minUniformBufferOffsetAlignment,
  } as const;
}

function announce(report: AdapterReport, features: DeviceFeatures): string {
  const abilities = [
    features.f16 ? 'f16' : 'no f16',
    ...(features.subgroups ? ['subgroups'] : []),
    ...(features.timestamps ? ['timestamps'] : []),
  ];
  const backend = report.backend === 'unknown' ? '' : ` on ${report.backend}`;
  const name = `${adapterName(report)}${backend} (${abilities.join(', ')})`;
  return report.isSoftware ? `software adapter: ${name}; no GPU is used` : `GPU: ${name}`;
}

function wrapDevice(device: GPUDevice, adapter: AdapterReport, features: DeviceFeatures): GpuDevice {
  let failure: AiprodError | undefined;
  let destroyed = false;
  let reportFailure: (error: AiprodError) => void = () => undefined;
  const failed = new Promise<AiprodError>((resolve) => (reportFailure = resolve));

  const fail = (error: AiprodError) => {
    failure ??= error;
    reportFailure(error);
  };
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    fail(typedError(event.error));
  });
  const lost = device.lost.then((info): DeviceLoss => {
    const expected = destroyed || info.reason === 'destroyed';
    const error = new AiprodError('device-lost', expected ? 'the GPU device was closed' : `the GPU device was lost: ${info.message}`, {
      where: adapterName(adapter),
      hint: expected
        ? 'Acquire a new device'
        : 'The driver was reset or ran out of memory; resume the job, with smaller settings if this repeats',
    });
    fail(error);
    return { expected, error };
  });

  return {
    device,
    adapter,
    features,
    limits: readLimits(device.limits),
    lost,
    async guard<T>(work: Promise<T>): Promise<T> {
      const outcome = await Promise.race([
        work.then(
          (value) => ({ value }),
          (cause: unknown) => ({ cause }),
        ),
        failed.then((error) => ({ cause: error })),
      ]);
      if (failure !== undefined) throw failure;
      if ('cause' in outcome) throw outcome.cause;
      return outcome.value;
    },
    check() {
      if (failure !== undefined) throw failure;
    },
    destroy() {
      destroyed = true;
      device.destroy();
    },
  };
}

/** WebGPU's error objects, told apart by name: their classes are globals that Node does not have. */
function typedError(error: GPUError): AiprodError {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new AiprodError('out-of-memory', `the GPU has no memory left: ${error.message}`, {
      hint: 'Close other programs that use the GPU, or choose a smaller width, height or number of frames',
    });
  }
  return new AiprodError('gpu-failure', `the GPU refused a command: ${error.message}`);
}
