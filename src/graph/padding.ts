import { AiprodError } from '../errors';

/** What lies beyond a tensor's edge: zeros, the mirror image without the edge itself, or the edge repeated. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate';

export const paddingModes = ['zeros', 'reflect', 'replicate'] as const;

/** The index within [0, size) that position `p` reads, or -1 for zero. */
export function paddedIndex(p: number, size: number, mode: PaddingMode): number {
  if (p >= 0 && p < size) return p;
  switch (mode) {
    case 'zeros':
      return -1;
    case 'replicate':
      return p < 0 ? 0 : size - 1;
    case 'reflect':
      return p < 0 ? -p : 2 * (size - 1) - p;
  }
}

/** WGSL that sends the i32 position `p` to the index it reads in an axis whose last index is `last`; zeros are told by the caller. */
export function paddedIndexCode(p: string, last: string, mode: PaddingMode): string {
  switch (mode) {
    case 'zeros':
      return p;
    case 'replicate':
      return `clamp(${p}, 0, ${last})`;
    case 'reflect':
      return `(${last} - abs(${last} - abs(${p})))`;
  }
}

/** @throws AiprodError `shape-mismatch` when a mirrored edge would need more than there is, or a size is negative. */
export function checkPadding(where: string, size: number, [before, after]: readonly [number, number], mode: PaddingMode): void {
  const whole = Number.isInteger(before) && Number.isInteger(after) && before >= 0 && after >= 0;
  const most = mode === 'reflect' ? size - 1 : Infinity;
  if (whole && before <= most && after <= most && (mode === 'zeros' || size > 0)) return;
  throw new AiprodError('shape-mismatch', `${mode} padding does not fit its axis`, {
    where,
    expected: mode === 'reflect' ? `whole numbers from 0 to ${size - 1}` : 'whole numbers from 0',
    found: `[${before}, ${after}] on a size of ${size}`,
  });
}
