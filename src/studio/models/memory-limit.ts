import type { Reason } from '../state/reason';

/** The most graphics memory that runs may take, as the person typed it, in GB of a thousand million bytes; empty for no limit. */
export type MemoryLimit = { readonly ok: true; readonly bytes: number | undefined } | { readonly ok: false; readonly reason: Reason };

const bytesOfGigabyte = 1e9;
const most = 1024;

export function readMemoryLimit(text: string): MemoryLimit {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, bytes: undefined };
  const gigabytes = Number(trimmed);
  if (Number.isFinite(gigabytes) && gigabytes > 0 && gigabytes <= most) return { ok: true, bytes: Math.round(gigabytes * bytesOfGigabyte) };
  return { ok: false, reason: { key: 'memoryLimit', values: { most } } };
}

const key = 'aiprod-memory-limit';

/** The limit this browser was last given; none where storage is closed. */
export function storedMemoryLimit(): string {
  try {
    const stored = localStorage.getItem(key) ?? '';
    return readMemoryLimit(stored).ok ? stored : '';
  } catch {
    return '';
  }
}

export function storeMemoryLimit(text: string): void {
  try {
    if (readMemoryLimit(text).ok) localStorage.setItem(key, text);
  } catch {
    // A browser that keeps nothing still uses the limit until the tab closes.
  }
}
