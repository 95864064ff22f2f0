import { sha256 } from '../../numeric/sha256';

/** A file of the build: its address relative to the service worker, and a revision where the address has no hash in it. */
export interface PrecacheEntry {
  readonly url: string;
  readonly revision: string | null;
}

/** The part of `CacheStorage` that is used here. */
export interface Caches {
  open(name: string): Promise<{ put(key: string, response: Response): Promise<void> }>;
  keys(): Promise<string[]>;
  delete(name: string): Promise<boolean>;
  match(key: string): Promise<Response | undefined>;
}

const prefix = 'aiprod-';

/** Name of the cache that holds exactly this build. */
export async function cacheName(entries: readonly PrecacheEntry[]): Promise<string> {
  const text = entries
    .map(({ url, revision }) => `${url} ${revision ?? ''}`)
    .sort()
    .join('\n');
  return prefix + (await sha256(text)).slice(0, 16);
}

/** The key an entry is stored under: a changed revision is another file. */
export function entryKey({ url, revision }: PrecacheEntry, base: string): string {
  const address = new URL(url, base);
  if (revision !== null) address.searchParams.set('__revision', revision);
  return address.href;
}

/** Files fetched at once: enough to keep a connection busy, few enough that the page's own requests are not starved. */
const parallelFetches = 4;

/**
 * Stores every file of a build. Files that an earlier build's cache holds in the same revision are copied, not fetched. All or
 * nothing: when one cannot be had the half-filled cache is deleted and the error is thrown, so that the old build stays.
 */
export async function fillPrecache(entries: readonly PrecacheEntry[], base: string, caches: Caches, load: typeof fetch): Promise<void> {
  const name = await cacheName(entries);
  const cache = await caches.open(name);
  const waiting = [...entries];
  const work = async (): Promise<void> => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const key = entryKey(entry, base);
      const kept = await caches.match(key);
      await cache.put(key, kept ?? (await fetchWhole(new URL(entry.url, base).href, load)));
    }
  };
  try {
    await Promise.all(Array.from({ length: parallelFetches }, work));
  } catch (error) {
    waiting.length = 0;
    await caches.delete(name);
    throw error;
  }
}

async function fetchWhole(address: string, load: typeof fetch): Promise<Response> {
  const response = await load(address, { cache: 'reload', credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${address} answered ${response.status} while it was stored for offline use`);
  return response;
}

/** Removes the caches of other builds. */
export async function dropOtherBuilds(entries: readonly PrecacheEntry[], caches: Caches): Promise<void> {
  const name = await cacheName(entries);
  const names = await caches.keys();
  await Promise.all(names.filter((other) => other.startsWith(prefix) && other !== name).map((other) => caches.delete(other)));
}

/** The key of the file that answers a request: by address without query, the start page for a navigation; undefined for others. */
export function keyForRequest(
  request: { readonly url: string; readonly mode: RequestMode; readonly method: string },
  entries: readonly PrecacheEntry[],
  base: string,
): string | undefined {
  if (request.method !== 'GET') return undefined;
  const address = new URL(request.url);
  address.search = '';
  address.hash = '';
  const at = (path: string): string | undefined => {
    const href = new URL(path, base).href;
    const entry = entries.find(({ url }) => new URL(url, base).href === href);
    return entry === undefined ? undefined : entryKey(entry, base);
  };
  return at(address.href) ?? (request.mode === 'navigate' && address.href.startsWith(base) ? at('index.html') : undefined);
}

/** The part `bytes=a-b` of a stored file, as a server would send it; undefined when the range cannot be satisfied. */
export async function rangeOf(response: Response, range: string): Promise<Response | undefined> {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range);
  if (match === null) return undefined;
  const whole = await response.blob();
  const start = Number(match[1]);
  const end = Math.min(match[2] === '' ? whole.size - 1 : Number(match[2]), whole.size - 1);
  if (start > end) return undefined;
  const headers = new Headers(response.headers);
  // What is stored is decoded already.
  headers.delete('Content-Encoding');
  headers.set('Content-Range', `bytes ${start}-${end}/${whole.size}`);
  headers.set('Content-Length', String(end - start + 1));
  return new Response(whole.slice(start, end + 1), { status: 206, statusText: 'Partial Content', headers });
}

/** Caches of what is kept when it is first asked for. Of all builds: the addresses change with the content. */
const fontCache = 'fonts-of-titles';
const converterCache = 'converter';

/**
 * The cache of a file that comes with the app and is kept when it is first asked for: a font of titles, or the converter's core. Undefined of
 * all others.
 */
export function keptWhenAsked({ url, method }: { readonly url: string; readonly method: string }, base: string): string | undefined {
  if (method !== 'GET' || !url.startsWith(base)) return undefined;
  if (/-wght-normal-[^/]+\.woff2$/.test(new URL(url).pathname)) return fontCache;
  return url.startsWith(new URL('converter/', base).href) ? converterCache : undefined;
}

/** What of a cache is used to keep such files. */
interface KeptFiles {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  keys(): Promise<readonly { readonly url: string }[]>;
  delete(url: string): Promise<boolean>;
}

/** Such a file from where it is kept, or from the network, and kept then. Of the converter only one version is kept. */
export async function answerKept(
  url: string,
  cacheOfFile: string,
  caches: { open(name: string): Promise<KeptFiles> },
  load: (url: string) => Promise<Response>,
): Promise<Response> {
  const cache = await caches.open(cacheOfFile);
  const kept = await cache.match(url);
  if (kept !== undefined) return kept;
  const response = await load(url);
  if (!response.ok) return response;
  await cache.put(url, response.clone());
  if (cacheOfFile === converterCache) {
    const version = new URL('./', url).href;
    for (const other of await cache.keys()) if (!other.url.startsWith(version)) await cache.delete(other.url);
  }
  return response;
}
