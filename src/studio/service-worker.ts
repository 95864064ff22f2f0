/**
 * Keeps the whole build (page, worker, kernels, wasm, embedded model) for offline use. A new build waits until the page asks for
 * it (`skip-waiting`), so that nothing changes under a running job. Fonts of titles beyond Latin letters, and the converter
 * of files that browsers do not read, are kept when they are first asked for.
 */
import { isShare, keepShared, sharedParameter } from './offline/shared';
import { answerKept, dropOtherBuilds, fillPrecache, keptWhenAsked, keyForRequest, rangeOf, type PrecacheEntry } from './offline/precache';

// The project is compiled with the page's types, which lack those of a service worker.
interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface RequestEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface ServiceWorkerScope {
  /** Filled in by the build. */
  readonly __WB_MANIFEST: readonly PrecacheEntry[];
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WaitingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: RequestEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

declare const self: ServiceWorkerScope;

const entries = self.__WB_MANIFEST;
const base = self.registration.scope;

self.addEventListener('install', (event) => event.waitUntil(fillPrecache(entries, base, caches, fetch)));

self.addEventListener('activate', (event) => event.waitUntil(dropOtherBuilds(entries, caches).then(() => self.clients.claim())));

self.addEventListener('message', ({ data }) => {
  if (data === 'skip-waiting') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  if (isShare(event.request, base)) return event.respondWith(receive(event.request));
  const key = keyForRequest(event.request, entries, base);
  if (key !== undefined) return event.respondWith(answer(event.request, key));
  const keptIn = keptWhenAsked(event.request, base);
  if (keptIn !== undefined) event.respondWith(answerKept(event.request.url, keptIn, caches, fetch));
});

/** Keeps what another app shares, and opens the page, which takes it. */
async function receive(request: Request): Promise<Response> {
  await keepShared(await request.formData(), base, caches);
  return Response.redirect(new URL(`./?${sharedParameter}`, base).href, 303);
}

async function answer(request: Request, key: string): Promise<Response> {
  const stored = await caches.match(key);
  // The browser may drop caches when space is short: then the network has to do.
  if (stored === undefined) return fetch(request);
  const range = request.headers.get('Range');
  return (range === null ? undefined : await rangeOf(stored.clone(), range)) ?? stored;
}
