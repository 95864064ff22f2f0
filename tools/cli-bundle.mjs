/** Bundles the command line for Node, so that shaders and JSON are imported in the very way the page imports them. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** What a bundle is made of, relative to the checkout. */
const sources = ['src', 'kernels', 'package.json', 'package-lock.json', 'tools/cli-bundle.mjs'];

/** A bundle that nobody started for this long may go, in milliseconds. */
const oldAge = 24 * 3600 * 1000;

/** Bundles `src/cli/main.ts` of the checkout `root` into `folder/main.mjs`; dependencies stay in node_modules. */
export function bundleCli(root, folder) {
  return bundleForNode(root, folder, { main: 'src/cli/main.ts' }, { build: { minify: false, sourcemap: true } });
}

/**
 * Bundles modules of the checkout `root` for Node into `folder`.
 * @param {Record<string, string>} entries their paths by the names of the bundles
 * @param {{ ssr?: object, build: object }} options of Vite, where bundles differ
 */
export async function bundleForNode(root, folder, entries, { ssr, build }) {
  let vite;
  try {
    vite = await import('vite');
  } catch (cause) {
    throw new Error('aiprod runs from a checkout, which needs the development dependencies: run npm ci', { cause });
  }
  const input = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)]));
  await vite.build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    ssr,
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: true,
      target: 'node20',
      rolldownOptions: { input, output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' } },
      ...build,
    },
  });
}

/**
 * Path of the bundle of the sources as they are now, made when there is none. A bundle's folder is named by what it was made
 * from and appears whole (built aside, then renamed), so any number of commands can start at once.
 */
export async function currentCliBundle(root) {
  const store = join(root, '.cache', 'cli');
  const folder = join(store, await sourceKey(root));
  const main = join(folder, 'main.mjs');
  if (!existsSync(main)) {
    const aside = `${folder}.${process.pid}.${randomUUID()}.partial`;
    try {
      await bundleCli(root, aside);
      await rename(aside, folder);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      if (!existsSync(main)) throw error;
    }
    await removeOld(store, folder);
  }
  const now = new Date();
  await utimes(folder, now, now);
  return main;
}

/** Changes when a source file is added, removed or written. */
async function sourceKey(root) {
  const hash = createHash('sha256');
  for (const source of sources) await hashPath(hash, join(root, source));
  return hash.digest('hex').slice(0, 16);
}

async function hashPath(hash, path) {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return;
  if (!info.isDirectory()) {
    hash.update(`${path}\0${info.size}\0${info.mtimeMs}\0`);
    return;
  }
  const names = (await readdir(path)).sort();
  for (const name of names) {
    if (!/^(fixtures|__pycache__)$|\.test\.tsx?$|~$/.test(name)) await hashPath(hash, join(path, name));
  }
}

async function removeOld(store, current) {
  await mkdir(store, { recursive: true });
  for (const name of await readdir(store)) {
    const folder = join(store, name);
    if (folder === current) continue;
    const info = await stat(folder).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > oldAge) await rm(folder, { recursive: true, force: true });
  }
}
