/** What is known of an adapter, as plain JSON for logs, `aiprod doctor` and the recipe in a video's metadata. */
export interface AdapterReport {
  /** Lower-case vendor as WebGPU normalises it: `nvidia`, `intel`, `google`, `mesa`; empty where the browser hides it. */
  readonly vendor: string;
  /** Family of the chip or driver: `hopper`, `swiftshader`. */
  readonly architecture: string;
  readonly device: string;
  /** The driver's own words. */
  readonly description: string;
  /** True when the "GPU" is a program that runs on the processor. */
  readonly isSoftware: boolean;
  /** Graphics API below WebGPU: `vulkan`, `metal`, `d3d12`; `unknown` in a browser, which does not tell. */
  readonly backend: string;
}

/** Names by which the software rasterisers of all platforms give themselves away; not all of them set `isFallbackAdapter`. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** Whether an adapter's name or description is that of a software rasteriser. */
export function isSoftwareName(name: string): boolean {
  return softwareNames.test(name);
}

/** The part of `GPUAdapterInfo` that the report reads. */
export type AdapterInfo = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'>;

/** Turns WebGPU's adapter info into the plain report; `backend` is what the caller knows beyond it. */
export function reportAdapter(info: AdapterInfo, backend = 'unknown'): AdapterReport {
  const { vendor, architecture, device, description } = info;
  const isSoftware = info.isFallbackAdapter || isSoftwareName(`${architecture} ${device} ${description}`);
  return { vendor, architecture, device, description, isSoftware, backend };
}

/** A short name for people: the driver's description, or the best of what is left when the browser hides it. */
export function adapterName(report: AdapterReport): string {
  const name = report.description || report.device || [report.vendor, report.architecture].filter((part) => part !== '').join(' ');
  return name === '' ? 'unnamed GPU' : name;
}

/**
 * Whether an adapter is the one a person asked for with `--device NAME`: every word of the name occurs in what the adapter
 * says of itself, case ignored. `lavapipe` is accepted for Mesa's driver, which calls itself llvmpipe.
 */
export function matchesName(name: string, haystack: string): boolean {
  const text = haystack.toLowerCase();
  const words = name
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.length > 0 && words.every((word) => text.includes(word === 'lavapipe' ? 'llvmpipe' : word));
}
