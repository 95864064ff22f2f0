import { AiprodError } from '../../errors';
import { sha256 } from '../../numeric/sha256';
import { attemptsWithoutProgress, isBusy, retryAfterOf, waitAfter, waitSeconds } from '../http-patience';
import { chunkBytes } from './manifest';
import type { AppendFile } from './store-files';

/** A file on a server. */
export interface RemoteFile {
  /** Path within the model. */
  readonly path: string;
  readonly url: string;
  /** Length and hash where the origin states them; what arrives must agree. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** How far a download has come: everything needed to go on after a cut. Plain data. */
export interface DownloadState {
  /** Length of the whole file, once a server said so. */
  bytes?: number;
  /** The server's version of the file (a strong ETag), so that pieces of two versions are never joined. */
  etag?: string;
  /** SHA-256 of each whole piece that is on disk; the last one may be shorter. */
  chunks: string[];
}

export interface DownloadOptions {
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Bytes that are safe on disk. */
  onProgress?(bytes: number): void;
  /** Called after each piece, when it is on disk. */
  saveState(state: DownloadState): Promise<void>;
  /** Waits before another attempt; for tests. */
  readonly wait?: (seconds: number) => Promise<void>;
}

/**
 * Downloads one file in pieces, from where `state` says (RFC 9110, sections 13.1.5 and 14: ranges under If-Range). Goes on after
 * dropped connections and busy servers; begins anew when the file on the server has changed or ranges are not offered.
 *
 * @throws AiprodError `network-failure` when the connection breaks off again and again, `server-busy` when the server stays busy,
 * `bad-input` when it has no such file, refuses, or sends something else than stated; `cancelled`.
 */
export async function downloadFile(remote: RemoteFile, file: AppendFile, state: DownloadState, options: DownloadOptions): Promise<void> {
  const wait = options.wait ?? waitSeconds;
  await cutToState(file, state);
  for (let attempt = 0; !isWhole(file, state);) {
    const before = state.chunks.length;
    const failure = await fetchOnce(remote, file, state, options);
    if (failure === undefined) continue;
    attempt = state.chunks.length > before ? 1 : attempt + 1;
    if (attempt > attemptsWithoutProgress) throw failure.error;
    await wait(waitAfter(attempt, failure.retryAfter));
    await cutToState(file, state);
  }
}

function isWhole(file: AppendFile, state: DownloadState): boolean {
  return state.bytes !== undefined && file.size === state.bytes && state.chunks.length === Math.ceil(state.bytes / chunkBytes);
}

/** Bytes after the last whole piece are of unknown worth; a file shorter than its pieces was meddled with. */
async function cutToState(file: AppendFile, state: DownloadState): Promise<void> {
  const known = Math.min(state.chunks.length * chunkBytes, state.bytes ?? Infinity);
  if (file.size < known) {
    state.chunks = state.chunks.slice(0, Math.floor(file.size / chunkBytes));
    await file.truncate(state.chunks.length * chunkBytes);
  } else if (file.size > known) {
    await file.truncate(known);
  }
}

interface Failure {
  readonly error: AiprodError;
  /** Seconds the server asked to wait. */
  readonly retryAfter?: number | undefined;
}

/** One request; a failure that another attempt may mend is returned, others are thrown. */
async function fetchOnce(
  remote: RemoteFile,
  file: AppendFile,
  state: DownloadState,
  options: DownloadOptions,
): Promise<Failure | undefined> {
  const start = file.size;
  const headers: Record<string, string> = { ...options.headers };
  if (start > 0) {
    headers.Range = `bytes=${start}-`;
    if (state.etag !== undefined) headers['If-Range'] = state.etag;
  }
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(remote.url, { headers, signal: options.signal });
  } catch (cause) {
    return { error: connectionError(remote, options.signal, cause) };
  }
  try {
    return await receive(remote, response, start, file, state, options);
  } finally {
    // A body that was read to its end or failed is closed already.
    await response.body?.cancel().catch(() => undefined);
  }
}

async function receive(
  remote: RemoteFile,
  response: Response,
  start: number,
  file: AppendFile,
  state: DownloadState,
  options: DownloadOptions,
): Promise<Failure | undefined> {
  if (isBusy(response)) return { error: statusError(remote, response), retryAfter: retryAfterOf(response) };
  if (start > 0 && (response.status === 416 || response.status === 200)) await beginAnew(file, state);
  if (response.status === 416) return { error: statusError(remote, response) };
  if (response.status !== 200 && response.status !== 206) throw statusError(remote, response);
  if (response.status === 206 && firstByte(response) !== file.size) {
    throw new AiprodError('bad-input', 'the server sent another part of the file than was asked for', {
      where: remote.url,
      expected: `bytes from ${file.size}`,
      found: response.headers.get('content-range') ?? 'no Content-Range',
    });
  }
  noteVersion(remote, response, file.size, state);
  const failure = await receiveBody(remote, response, file, state, options);
  if (failure !== undefined) return failure;
  // A server that never said how long the file is has said it by ending.
  state.bytes ??= file.size;
  if (state.bytes === file.size) return undefined;
  const details = { where: remote.url, ...lengths(state.bytes, file.size) };
  return { error: new AiprodError('network-failure', 'the connection ended early', details) };
}

/** Remembers length and version of the file, and refuses one that is not as stated. */
function noteVersion(remote: RemoteFile, response: Response, start: number, state: DownloadState): void {
  const encoded = response.headers.get('content-encoding') !== null;
  const length = encoded ? null : response.headers.get('content-length');
  const total = response.status === 206 ? totalOfRange(response) : length === null ? undefined : start + Number(length);
  const expected = state.bytes ?? remote.bytes;
  if (total !== undefined && expected !== undefined && total !== expected) {
    throw new AiprodError('bad-input', 'the file on the server is not the one that was stated', {
      where: remote.url,
      ...lengths(expected, total),
      hint: 'Check the address and the revision, or remove the unfinished model and add it again',
    });
  }
  state.bytes ??= total ?? remote.bytes;
  const etag = response.headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) state.etag = etag;
}

async function receiveBody(
  remote: RemoteFile,
  response: Response,
  file: AppendFile,
  state: DownloadState,
  options: DownloadOptions,
): Promise<Failure | undefined> {
  if (response.body === null) return undefined;
  const piece = new Uint8Array(chunkBytes);
  let filled = 0;
  const store = async (): Promise<void> => {
    const bytes = piece.subarray(0, filled);
    const hash = await sha256(bytes);
    await file.append(bytes);
    await file.flush();
    state.chunks.push(hash);
    filled = 0;
    await options.saveState(state);
    options.onProgress?.(file.size);
  };
  const reader = response.body.getReader();
  for (;;) {
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch (cause) {
      return { error: connectionError(remote, options.signal, cause) };
    }
    if (part.done) break;
    for (let rest = part.value; rest.length > 0;) {
      const taken = rest.subarray(0, chunkBytes - filled);
      piece.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (file.size + filled > (state.bytes ?? Infinity)) {
        throw new AiprodError('bad-input', 'the server sends more than it stated', {
          where: remote.url,
          expected: `${state.bytes} bytes`,
          found: 'more',
        });
      }
      if (filled === chunkBytes) await store();
    }
  }
  const isEnd = state.bytes === undefined || file.size + filled === state.bytes;
  if (filled > 0 && isEnd) await store();
  return undefined;
}

async function beginAnew(file: AppendFile, state: DownloadState): Promise<void> {
  await file.truncate(0);
  state.chunks = [];
  delete state.bytes;
  delete state.etag;
}

function firstByte(response: Response): number | undefined {
  const digits = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function totalOfRange(response: Response): number | undefined {
  const digits = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function lengths(expected: number, found: number): { expected: string; found: string } {
  return { expected: `${expected} bytes`, found: `${found} bytes` };
}

/** How a file that only accounts may have is fetched. */
const withAccount = 'on the command line set HF_TOKEN, in the page keep your token under Models';

/** What a status means to a person. */
export function statusError(remote: { readonly url: string }, response: Response): AiprodError {
  const { status } = response;
  const hints: Readonly<Record<number, string>> = {
    401: `The model needs an account that accepted its licence: ${withAccount}`,
    403: `Accept the licence of this model on its page: ${withAccount}`,
    404: 'Check the spelling, the file name and the revision',
    429: 'Try again later; what has arrived is kept',
  };
  return new AiprodError(isBusy(response) ? 'server-busy' : 'bad-input', 'the server does not give the file', {
    where: remote.url,
    found: `status ${status}`,
    hint: hints[status] ?? 'Try again later; what has arrived is kept',
  });
}

function connectionError(remote: RemoteFile, signal: AbortSignal | undefined, cause: unknown): AiprodError {
  if (signal?.aborted === true) {
    throw new AiprodError('cancelled', 'the download was cancelled; adding the model again goes on from here', {}, { cause });
  }
  const reasons = [cause, cause instanceof Error ? cause.cause : undefined].filter((reason) => reason instanceof Error);
  const found = reasons.length === 0 ? String(cause) : reasons.map((reason) => reason.message).join(': ');
  const hint = 'Check the network and add the model again; what has arrived is kept';
  return new AiprodError('network-failure', 'the download was interrupted', { where: remote.url, found, hint }, { cause });
}
