/**
 * What another app shares with the installed studio: the browser posts it to an address that only the service worker answers, which keeps it
 * until the page takes it. Used by both.
 */

/** Address, below the app, that is posted to; as the manifest has it. */
export const shareAddress = 'share';
/** Parameter of the start page that says that something was shared. */
export const sharedParameter = 'shared';

/** Not named like a build's cache: those are dropped with the build. */
const cacheName = 'shared-with-aiprod';

/** The part of `CacheStorage` that is used here. */
export interface SharedCaches {
  open(name: string): Promise<{
    put(key: string, response: Response): Promise<void>;
    match(key: string): Promise<Response | undefined>;
    keys(): Promise<readonly { readonly url: string }[]>;
  }>;
  delete(name: string): Promise<boolean>;
}

export interface Shared {
  /** Words that were shared; empty where there were none. */
  readonly text: string;
  readonly files: readonly File[];
}

/** Whether a request is what another app shares. */
export function isShare({ url, method }: Pick<Request, 'url' | 'method'>, base: string): boolean {
  return method === 'POST' && new URL(url).href.split(/[?#]/)[0] === new URL(shareAddress, base).href;
}

/** Keeps what a form of the share target holds, in place of what was shared before and never taken. */
export async function keepShared(form: FormData, base: string, caches: SharedCaches): Promise<void> {
  await caches.delete(cacheName);
  const cache = await caches.open(cacheName);
  const words = ['text', 'title'].map((field) => form.get(field)).filter((value) => typeof value === 'string' && value.trim() !== '');
  await cache.put(new URL(`${shareAddress}/text`, base).href, new Response(typeof words[0] === 'string' ? words[0] : ''));
  const files = form.getAll('files').filter((value) => typeof value !== 'string');
  for (const [at, file] of files.entries()) {
    const headers = { 'Content-Type': file.type || 'application/octet-stream', 'X-Name': encodeURIComponent(file.name) };
    await cache.put(new URL(`${shareAddress}/files/${String(at).padStart(4, '0')}`, base).href, new Response(file, { headers }));
  }
}

/** Takes what was shared, once; undefined where nothing waits. */
export async function takeShared(base: string, caches: SharedCaches): Promise<Shared | undefined> {
  const cache = await caches.open(cacheName);
  const text = await cache.match(new URL(`${shareAddress}/text`, base).href);
  const files: File[] = [];
  const names = (await cache.keys()).map(({ url }) => url).filter((url) => url.includes(`/${shareAddress}/files/`));
  for (const url of names.toSorted()) {
    const response = await cache.match(url);
    if (response === undefined) continue;
    const name = decodeURIComponent(response.headers.get('X-Name') ?? 'file');
    const type = response.headers.get('Content-Type') ?? '';
    files.push(new File([await response.blob()], name, { type: type === 'application/octet-stream' ? '' : type }));
  }
  await caches.delete(cacheName);
  return text === undefined ? undefined : { text: await text.text(), files };
}
