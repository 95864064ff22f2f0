import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { unpackOnce } from './software-adapter-archive';

/**
 * Folder for what is made once and can be made again: unpacked drivers, compiled bundles. `AIPROD_CACHE_DIR` wins, then the
 * platform's own cache folder.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (environment.AIPROD_CACHE_DIR) return environment.AIPROD_CACHE_DIR;
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'aiprod');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'aiprod');
  if (platform === 'win32' && environment.LOCALAPPDATA) return join(environment.LOCALAPPDATA, 'aiprod');
  return join(homedir(), '.cache', 'aiprod');
}

/** The npm package that carries SwiftShader, a Vulkan loader and a Chromium, all for 64-bit Intel Linux with glibc. */
export interface ChromiumPackage {
  readonly version: string;
  /** Folder of the brotli-packed files. */
  readonly bin: string;
}

/** Finds the installed package; undefined on platforms it is not made for or when it is not installed. */
export function findChromiumPackage(): ChromiumPackage | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve('@sparticuz/chromium');
  } catch {
    return undefined;
  }
  const root = dirname(dirname(dirname(entry)));
  const manifest = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return { version: manifest.version, bin: join(root, 'bin') };
}

/** Where SwiftShader lies once unpacked. */
export interface SoftwareAdapterFiles {
  /** The Vulkan loader, `libvulkan.so.1`. */
  readonly loader: string;
  /** The manifest that tells the loader where SwiftShader's library is. */
  readonly driverManifest: string;
}

/** Unpacks SwiftShader and its Vulkan loader into the cache, once a version. Undefined where the package has none. */
export async function unpackSoftwareAdapter(): Promise<SoftwareAdapterFiles | undefined> {
  const chromium = findChromiumPackage();
  if (chromium === undefined) return undefined;
  const folder = join(cacheDirectory(), `swiftshader-${chromium.version}`);
  await unpackOnce(folder, [{ archive: join(chromium.bin, 'swiftshader.tar.br') }]);
  return { loader: join(folder, 'libvulkan.so.1'), driverManifest: join(folder, 'vk_swiftshader_icd.json') };
}

/** Folders in which Linux distributions put the manifests of Vulkan drivers (Vulkan-Loader, LoaderDriverInterface.md). */
const driverFolders = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d'];

/** Manifests of Mesa's software driver, lavapipe. */
export function findLavapipe(folders: readonly string[] = driverFolders): string[] {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => /[/\\]lvp_icd[^/\\]*\.json$/.test(path));
}

/** Environment the person started us with; later choices in the same process must not see our own earlier ones. */
const given = {
  driverFiles: process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES,
  addedDriverFiles: process.env.VK_ADD_DRIVER_FILES,
};

/**
 * Makes Vulkan drivers visible to the `webgpu` package in this process. The package asks the system for `libvulkan.so.1`, which
 * a bare machine lacks, so the loader that came from npm is loaded first, under that very name; the environment then tells
 * it where the drivers are. Nothing has to be set before the process starts.
 *
 * A person's own `VK_DRIVER_FILES` is left as it is. Must run on the main thread: a worker thread's environment is a copy
 * that drivers do not see.
 */
export async function prepareVulkan(preference: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const files = await unpackSoftwareAdapter();
  if (files !== undefined) {
    preloadLibrary(files.loader);
    if (given.driverFiles === undefined) {
      const only = onlyDrivers(preference, files);
      setEnvironment('VK_DRIVER_FILES', only?.join(':'));
      // The name that loaders before 1.3.207 know.
      setEnvironment('VK_ICD_FILENAMES', only?.join(':'));
      const added = [given.addedDriverFiles, files.driverManifest].filter((value) => value !== undefined);
      setEnvironment('VK_ADD_DRIVER_FILES', only === undefined ? added.join(':') : given.addedDriverFiles);
    }
  }
  if (process.env.XDG_RUNTIME_DIR === undefined) {
    const folder = join(cacheDirectory(), 'runtime');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    process.env.XDG_RUNTIME_DIR = folder;
  }
}

/** Software drivers asked for by name need no others loaded: a start without probing a dozen drivers is faster and quieter. */
function onlyDrivers(preference: string, files: SoftwareAdapterFiles): string[] | undefined {
  const lavapipe = findLavapipe();
  const wanted = preference.toLowerCase();
  if (wanted === 'swiftshader') return [files.driverManifest];
  if (['lavapipe', 'llvmpipe'].includes(wanted) && lavapipe.length > 0) return lavapipe;
  if (wanted === 'software') return lavapipe.length > 0 ? lavapipe : [files.driverManifest];
  return undefined;
}

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

/** glibc's RTLD_NODELETE, which Node does not name: the library stays although Node closes what is no add-on of its own. */
const keepLoaded = 0x1000;

/** Loads a shared library into the process so that later requests for its name find it. */
function preloadLibrary(path: string): void {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | keepLoaded);
  } catch (error) {
    // Node loads the library and then complains that it is not a Node add-on: that complaint is the success we want.
    if (!(error instanceof Error) || !error.message.includes('did not self-register')) throw error;
  }
}
