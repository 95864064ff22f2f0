import { AiprodError } from '../errors';
import { memorySource, type ByteSource } from './byte-source';
import { rangeSource, sizeOfRange, versionOf } from './range-source';

/** Settings of `fetchSource`. */
export interface FetchSourceOptions {
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Files up to this many bytes are fetched whole even when the server offers ranges: one request instead of one a tensor. */
  readonly wholeUpTo?: number;
  /** Bytes received and expected (undefined when the server does not say) while a file is fetched whole. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** Waits before a range is asked for again; for tests. */
  readonly wait?: (seconds: number) => Promise<void>;
}

const DEFAULT_WHOLE_UP_TO = 64 * 1024 * 1024;

/** A Blob or File, also one from OPFS. */
export function blobSource(blob: Blob, name = 'blob'): ByteSource {
  return {
    name: blob instanceof File ? blob.name : name,
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/**
 * A file on a web server: by HTTP range (RFC 9110, section 14) where offered and the file is large, else fetched whole.
 * Undefined when the server does not have it. A page in place of the file counts as not having it: single-page servers
 * answer every unknown address with their index.html. Ranges are asked for again after a cut connection or from a busy server.
 * @throws AiprodError 'bad-input' when the request fails, 'cancelled' when aborted.
 */
export async function fetchSource(url: string, options: FetchSourceOptions = {}): Promise<ByteSource | undefined> {
  const wholeUpTo = options.wholeUpTo ?? DEFAULT_WHOLE_UP_TO;
  if (wholeUpTo !== Infinity) {
    const probe = await request(url, options, { Range: 'bytes=0-0' });
    if (probe === undefined) return undefined;
    if (probe.status === 200) return memorySource(await readBody(url, probe, options), url);
    const size = sizeOfRange(probe);
    await probe.body?.cancel();
    if (size !== undefined && size > wholeUpTo) return rangeSource(url, { size, version: versionOf(probe) }, options);
  }
  const whole = async (cache?: RequestCache): Promise<ByteSource | undefined> => {
    const response = await request(url, options, {}, cache);
    return response === undefined ? undefined : memorySource(await readBody(url, response, options), url);
  };
  try {
    return await whole();
  } catch (error) {
    // Chromium fails a request whose entry in the cache another one was writing when that ended (ERR_CACHE_WRITE_FAILURE), as where a
    // page has two studios: once more, past the cache.
    if (options.signal?.aborted === true || !(error instanceof AiprodError) || error.cause === undefined) throw error;
    return whole('no-store');
  }
}

/** The text of a small file, or undefined when the server does not have it. */
export async function fetchText(url: string, options: FetchSourceOptions = {}): Promise<string | undefined> {
  const response = await request(url, options, {});
  if (response === undefined) return undefined;
  return new TextDecoder().decode(await readBody(url, response, { signal: options.signal }));
}

async function request(
  url: string,
  options: FetchSourceOptions,
  headers: Record<string, string>,
  cache: RequestCache = 'default',
): Promise<Response | undefined> {
  const fetchFile = options.fetch ?? fetch;
  const response = await fetchFile(url, { headers: { ...options.headers, ...headers }, cache, signal: options.signal }).catch(
    (cause: unknown) => {
      throw failedRequest(url, options.signal, cause);
    },
  );
  const isMissing = response.status === 404 || response.status === 410 || /^text\/html\b/.test(response.headers.get('content-type') ?? '');
  if (isMissing) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status === 416) {
    await response.body?.cancel();
    // An empty file satisfies no range.
    return new Response(new Uint8Array(0));
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new AiprodError('bad-input', 'cannot fetch the file', {
      where: url,
      found: `status ${response.status}`,
      hint: 'Check the address',
    });
  }
  return response;
}

async function readBody(url: string, response: Response, options: FetchSourceOptions): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { onProgress } = options;
    if (onProgress === undefined || response.body === null) return new Uint8Array(await response.arrayBuffer());
    const length = response.headers.get('content-length');
    const total = length === null || response.headers.get('content-encoding') !== null ? undefined : Number(length);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      received += part.value.byteLength;
      onProgress(received, total);
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  } catch (cause) {
    throw failedRequest(url, options.signal, cause);
  }
}

function failedRequest(url: string, signal: AbortSignal | undefined, cause: unknown): AiprodError {
  if (signal?.aborted === true) return new AiprodError('cancelled', 'the download was cancelled', { where: url }, { cause });
  const found = cause instanceof Error ? cause.message : String(cause);
  return new AiprodError('bad-input', 'cannot fetch the file', { where: url, found, hint: 'Check the address and the network' }, { cause });
}
