import { AiprodError } from '../errors';
import type { ByteSource } from './byte-source';
import { attemptsWithoutProgress, isBusy, retryAfterOf, waitAfter, waitSeconds } from './http-patience';

export interface RangeSourceOptions {
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Waits before another attempt; for tests. */
  readonly wait?: (seconds: number) => Promise<void>;
}

/** What the file was when it was opened. */
export interface RemoteFileState {
  readonly size: number;
  /** Its strong ETag, so that pieces of two versions are never joined. */
  readonly version: string | undefined;
}

/**
 * A file on a web server, read by HTTP range (RFC 9110, section 14). After a cut connection or from a busy server what is missing of a
 * range is asked for again, with pauses that grow.
 *
 * Reading throws AiprodError 'bad-input' when the server gives up or the file changed, 'cancelled' when aborted.
 */
export function rangeSource(url: string, state: RemoteFileState, options: RangeSourceOptions): ByteSource {
  const wait = options.wait ?? waitSeconds;
  return {
    name: url,
    size: state.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      for (let attempt = 0; done < length;) {
        const before = done;
        const failure = await readOn(url, state, options, offset + done, bytes.subarray(done), (count) => (done += count));
        if (failure === undefined) continue;
        attempt = done > before ? 1 : attempt + 1;
        if (attempt > attemptsWithoutProgress) throw failure.error;
        await wait(waitAfter(attempt, failure.retryAfter));
      }
      return bytes;
    },
  };
}

/** The whole file's size out of `Content-Range: bytes 0-0/SIZE`; undefined when the answer cannot be used for ranges. */
export function sizeOfRange(response: Response): number | undefined {
  // Ranges of an encoded answer count encoded bytes.
  if (response.status !== 206 || response.headers.get('content-encoding') !== null) return undefined;
  const digits = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The strong ETag of an answer; undefined when it has none. */
export function versionOf(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

interface Failure {
  readonly error: AiprodError;
  readonly retryAfter?: number | undefined;
}

/** One request for the rest of a range; a failure that another attempt may mend is returned, others are thrown. */
async function readOn(
  url: string,
  state: RemoteFileState,
  { fetch: fetchFile = fetch, signal, headers: own }: RangeSourceOptions,
  offset: number,
  target: Uint8Array<ArrayBuffer>,
  onBytes: (count: number) => void,
): Promise<Failure | undefined> {
  let response: Response;
  const headers = {
    ...own,
    Range: `bytes=${offset}-${offset + target.length - 1}`,
    ...(state.version === undefined ? {} : { 'If-Range': state.version }),
  };
  try {
    response = await fetchFile(url, { headers, ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    return { error: interrupted(url, signal, cause) };
  }
  try {
    if (isBusy(response)) {
      const error = new AiprodError('bad-input', 'the server does not give the file', {
        where: url,
        found: `status ${response.status}`,
        hint: 'Try again later',
      });
      return { error, retryAfter: retryAfterOf(response) };
    }
    requireSameFile(url, state, offset, response);
    return await receive(url, signal, response, target, onBytes);
  } finally {
    // A body that was read to its end or failed is closed already.
    await response.body?.cancel().catch(() => undefined);
  }
}

function requireSameFile(url: string, { size, version }: RemoteFileState, offset: number, response: Response): void {
  const range = response.headers.get('content-range') ?? '';
  const same = version === undefined || versionOf(response) === version;
  if (response.status === 206 && sizeOfRange(response) === size && range.startsWith(`bytes ${offset}-`) && same) return;
  throw new AiprodError('bad-input', 'the server no longer serves this range', {
    where: url,
    expected: `206 for bytes from ${offset} of ${size}`,
    found: `${response.status}${range === '' ? '' : ` for ${range}`}${same ? '' : ' of another version of the file'}`,
    hint: 'Load the model again; the file on the server may have changed',
  });
}

async function receive(
  url: string,
  signal: AbortSignal | undefined,
  response: Response,
  target: Uint8Array<ArrayBuffer>,
  onBytes: (count: number) => void,
): Promise<Failure | undefined> {
  const reader = response.body?.getReader();
  let filled = 0;
  while (reader !== undefined) {
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch (cause) {
      return { error: interrupted(url, signal, cause) };
    }
    if (part.done) break;
    if (filled + part.value.length > target.length) {
      throw new AiprodError('bad-input', 'the server sends more than was asked for', { where: url, expected: `${target.length} bytes` });
    }
    target.set(part.value, filled);
    filled += part.value.length;
    onBytes(part.value.length);
  }
  if (filled === target.length) return undefined;
  return {
    error: new AiprodError('bad-input', 'the connection ended early', {
      where: url,
      expected: `${target.length} bytes`,
      found: `${filled}`,
    }),
  };
}

function interrupted(url: string, signal: AbortSignal | undefined, cause: unknown): AiprodError {
  if (signal?.aborted === true) throw new AiprodError('cancelled', 'the download was cancelled', { where: url }, { cause });
  const found = cause instanceof Error ? cause.message : String(cause);
  return new AiprodError('bad-input', 'cannot fetch the file', { where: url, found, hint: 'Check the address and the network' }, { cause });
}
