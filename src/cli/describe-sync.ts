import type { SyncFigures, SyncWindow } from '../metrics';

/** How a sound lies to its picture, for people. */
export function describeSync({ offset, offsetFrames, confidence }: Pick<SyncFigures, 'offset' | 'offsetFrames' | 'confidence'>): string {
  if (offset === undefined || offsetFrames === undefined)
    return `no events in common with the picture to tell an offset by (confidence ${confidence.toFixed(4)})`;
  const way = offset < 0 ? 'early' : 'late';
  return `${Math.abs(offset).toFixed(3)} s ${way} (${Math.abs(offsetFrames).toFixed(2)} frames, confidence ${confidence.toFixed(4)})`;
}

/** Scores of a clip's parts, in a line. */
export const describeWindows = (windows: readonly SyncWindow[]): string =>
  windows
    .map(({ start, end, score }) => `${start.toFixed(0)}-${end.toFixed(0)} s ${score === undefined ? '?' : score.toFixed(2)}`)
    .join('  ');
