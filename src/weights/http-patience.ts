/** How long requests to a server are tried again: the same for downloads and for reading ranges. */

/** Attempts without anything new before a request is given up. */
export const attemptsWithoutProgress = 5;

/** Longest wait a server may ask for, in seconds. */
const longestWait = 120;

/** Whether another attempt may find the server in a better state (RFC 9110, section 15; RFC 6585). */
export function isBusy({ status }: Pick<Response, 'status'>): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Seconds that a busy server asks to wait, 120 at most; undefined when it does not say. */
export function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, longestWait) : undefined;
}

/** Seconds to wait before attempt n + 1, where the server does not say: 1, 2, 4, ... */
export function waitAfter(attempt: number, retryAfter: number | undefined): number {
  return retryAfter ?? 2 ** (attempt - 1);
}

export function waitSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
