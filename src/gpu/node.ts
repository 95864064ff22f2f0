/** The GPU in Node, through Dawn (npm `webgpu`). The second public face of this folder: nothing a browser could load. */
import { create } from 'webgpu';
import { AiprodError } from '../errors';
import { isSoftwareName, matchesName } from './adapter';
import { acquireDevice, type DeviceOptions, type GpuDevice } from './device';
import { prepareVulkan } from './software-adapter';

export { cacheDirectory, findChromiumPackage, findLavapipe, type ChromiumPackage } from './software-adapter';
export { unpackOnce } from './software-adapter-archive';

/** An adapter that Dawn sees on this machine. */
export interface NodeAdapter {
  /** `vulkan`, `metal`, `d3d12`, `d3d11`. */
  readonly backend: string;
  /** The driver's name of the device: `NVIDIA H100 PCIe`, `SwiftShader Device (Subzero)`. */
  readonly name: string;
}

/** A `navigator.gpu` of one adapter. */
export interface NodeGpu {
  readonly gpu: GPU;
  readonly adapter: NodeAdapter;
}

/** Per-kernel times are of no use in Dawn's privacy steps of 100 microseconds, which protect web pages from each other. */
const dawnToggles = ['disable-dawn-features=timestamp_quantization'];

/**
 * Dawn's instances by what they were made with, kept for the life of the process: a device does not hold its instance, and
 * collecting one unloads drivers whose threads may still run, which ends the process (seen with lavapipe).
 */
const instances = new Map<string, GPU>();

function dawnInstance(flags: readonly string[]): GPU {
  // The drivers that an instance sees are those of the environment it was made in.
  const key = [process.env.VK_DRIVER_FILES, ...flags].join('\n');
  let gpu = instances.get(key);
  if (gpu === undefined) instances.set(key, (gpu = create([...flags])));
  return gpu;
}

/** Text that no adapter's name contains: Dawn answers it with the list of those there are, its only way to list them. */
const impossibleName = 'aiprod:list-adapters';

/** All adapters on this machine in Dawn's order, for `aiprod doctor` and the choice by name. */
export async function listNodeAdapters(preference = 'auto'): Promise<NodeAdapter[]> {
  await prepareVulkan(preference);
  try {
    await dawnInstance([`adapter=${impossibleName}`]).requestAdapter();
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [...message.matchAll(/backend: '([^']*)', name: '([^']*)'/g)].map(([, backend = '', name = '']) => ({ backend, name }));
  }
}

/**
 * Picks an adapter by preference. `auto` is the first real GPU, then Mesa's lavapipe, then SwiftShader; `software` the same
 * without real GPUs; anything else the first whose name contains it.
 */
export function chooseAdapter(adapters: readonly NodeAdapter[], preference: string): NodeAdapter | undefined {
  const software = adapters.filter((adapter) => isSoftwareName(adapter.name));
  // lavapipe is about three times as fast as SwiftShader and has f16.
  const bestSoftware = software.find((adapter) => matchesName('lavapipe', adapter.name)) ?? software[0];
  if (preference === 'software') return bestSoftware;
  if (preference === 'auto') return adapters.find((adapter) => !isSoftwareName(adapter.name)) ?? bestSoftware;
  return adapters.find((adapter) => matchesName(preference, adapter.name));
}

/** @throws AiprodError `no-adapter` with what was found and what to install. */
export async function createNodeGpu(preference: string): Promise<NodeGpu> {
  const adapters = await listNodeAdapters(preference);
  const adapter = chooseAdapter(adapters, preference);
  if (adapter === undefined) {
    throw new AiprodError('no-adapter', `no WebGPU adapter fits --device ${preference}`, {
      found: adapters.length === 0 ? 'none' : adapters.map(({ name }) => name).join(', '),
      hint: adapters.length === 0 ? installHint() : 'Choose auto, software or a part of the name of one that was found',
    });
  }
  return { gpu: dawnInstance([`backend=${adapter.backend}`, `adapter=${adapter.name}`, ...dawnToggles]), adapter };
}

function installHint(): string {
  if (process.platform === 'linux' && process.arch === 'x64') {
    return 'Run npm ci again so that the software adapter of @sparticuz/chromium is there, or install a Vulkan driver (Debian: mesa-vulkan-drivers 25 or newer)';
  }
  return 'Install a Vulkan, Metal or Direct3D 12 driver for the GPU (Linux without a GPU: mesa-vulkan-drivers 25 or newer and libvulkan1)';
}

/** `acquireDevice` on Dawn: the whole way from a preference to a device. */
export async function acquireNodeDevice(options: Pick<DeviceOptions, 'preference' | 'log'>): Promise<GpuDevice> {
  const { gpu, adapter } = await createNodeGpu(options.preference);
  // Dawn holds this one adapter only, so whatever it offers is the one that was chosen by name.
  const acquired = await acquireDevice(gpu, { preference: 'auto', log: options.log, backend: adapter.backend, installHint: installHint() });
  closeAtExit(acquired);
  return acquired;
}

const open = new Set<GpuDevice>();

/** A process that exits while a driver still compiles pipelines on its threads crashes instead; closing the device waits for them. */
function closeAtExit(acquired: GpuDevice): void {
  if (open.size === 0) process.once('exit', closeAll);
  open.add(acquired);
  void acquired.lost.then(() => {
    open.delete(acquired);
    if (open.size === 0) process.off('exit', closeAll);
  });
}

function closeAll(): void {
  for (const acquired of open) acquired.destroy();
}
