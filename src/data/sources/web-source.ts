import { AiprodError } from '../../errors';
import { attemptsWithoutProgress, fetchSource, isBusy, retryAfterOf, waitAfter, waitSeconds } from '../../weights';
import { comparePaths, type DataSource, type SourceFile } from '../data-source';

/** Sends a request, with what the place wants to know of who asks. */
export type Fetch = typeof fetch;

/** What differs between places on the web. */
export interface WebPlace {
  readonly name: string;
  readonly fetch: Fetch;
  /** Address of a file's content. */
  urlOf(path: string): string;
  /** Absent where a place tells no list. */
  list?(folder: string, signal: AbortSignal | undefined): Promise<readonly SourceFile[]>;
  /** Default: what the headers of the file's address say. */
  stat?(path: string, signal: AbortSignal | undefined): Promise<SourceFile | undefined>;
}

/** A place on the web as a source: files by ranges where they are large, asked for again where a server is busy or a connection breaks. */
export function webSource(place: WebPlace): DataSource {
  return {
    name: place.name,
    async list(folder, signal) {
      if (place.list === undefined) {
        throw new AiprodError('bad-input', 'a web server tells no list of its files', {
          where: place.name,
          expected: 'the address of a description, .csv, .json or .jsonl',
        });
      }
      return [...(await place.list(folder, signal))].sort(comparePaths);
    },
    async stat(path, signal) {
      if (place.stat !== undefined) return place.stat(path, signal);
      const response = await ask(place.fetch, place.urlOf(path), { method: 'HEAD', signal });
      if (response === undefined) return undefined;
      const version = response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined;
      return { path, size: Number(response.headers.get('content-length') ?? 0), ...(version === undefined ? {} : { version }) };
    },
    async open(path, signal) {
      const file = await fetchSource(place.urlOf(path), { fetch: place.fetch, ...(signal === undefined ? {} : { signal }) });
      if (file !== undefined) return { ...file, name: `${place.name}/${path}` };
      throw new AiprodError('bad-input', 'the file is not there', { where: `${place.name}/${path}`, hint: 'Check the path' });
    },
  };
}

/**
 * One request, again while the server is busy. Undefined where there is nothing (404).
 * @throws AiprodError 'bad-input' for any other status, 'cancelled' when aborted.
 */
export async function ask(send: Fetch, url: string, init: RequestInit & { signal?: AbortSignal }): Promise<Response | undefined> {
  for (let attempt = 1; ; attempt++) {
    const response = await send(url, init).catch((cause: unknown) => {
      if (init.signal?.aborted === true) throw new AiprodError('cancelled', 'the request was cancelled', { where: url }, { cause });
      if (attempt >= attemptsWithoutProgress) throw unreachable(url, cause);
      return undefined;
    });
    if (response?.ok === true) return response;
    await response?.body?.cancel();
    if (response?.status === 404) return undefined;
    if (response !== undefined && (!isBusy(response) || attempt >= attemptsWithoutProgress)) throw refused(url, response.status);
    await waitSeconds(waitAfter(attempt, response === undefined ? undefined : retryAfterOf(response)));
  }
}

function unreachable(url: string, cause: unknown): AiprodError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new AiprodError(
    'bad-input',
    'the place of the data cannot be reached',
    { where: url, found, hint: 'Check the network' },
    { cause },
  );
}

function refused(url: string, status: number): AiprodError {
  const hint = status === 401 || status === 403 ? 'Check the keys or the token, and what they may read' : 'Check the address';
  return new AiprodError('bad-input', 'the place of the data refuses the request', { where: url, found: `status ${status}`, hint });
}

/** A path as part of an address. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** `folder/`, or nothing for the whole of a place. */
export function folderPrefix(folder: string): string {
  return folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
}

/** Requests with a token, where there is one. */
export function withToken(token: string | undefined): Fetch {
  if (token === undefined) return (url, init) => fetch(url, init);
  return (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };
}
