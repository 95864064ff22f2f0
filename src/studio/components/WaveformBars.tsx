import { useEffect, useMemo, useState, type RefObject } from 'react';
import { peakColumns, type PeakColumn, type WaveformPeaks } from '../../audio';
import styles from './WaveformBars.module.css';

/** Pixels from bar to bar. */
export const PITCH = 3;
/** Amplitude below which a sound is silence: a drawing of it would be one of rounding. */
const SILENCE = 1e-4;

/** A sound as two paths on a grid of columns x -1..1: how far it swings, and its mean power; loud enough to be seen. */
export interface WaveformDrawing {
  readonly columns: number;
  readonly peaks: string;
  readonly power: string;
  readonly silent: boolean;
}

/** The first `seconds` of a sound, drawn for the width of the element that shows it. */
export function useWaveformDrawing(element: RefObject<HTMLElement | null>, peaks: WaveformPeaks, seconds: number): WaveformDrawing {
  const [columns, setColumns] = useState(120);
  useEffect(() => {
    const shown = element.current;
    if (shown === null) return;
    const observer = new ResizeObserver(([{ contentRect }]) => setColumns(Math.max(16, Math.floor(contentRect.width / PITCH))));
    observer.observe(shown);
    return () => observer.disconnect();
  }, [element]);
  return useMemo(() => waveformDrawing(peakColumns(peaks, { start: 0, end: seconds }, columns)), [peaks, seconds, columns]);
}

/** Columns scaled to the largest of them, or to a swing that is given. */
export function waveformDrawing(columns: readonly PeakColumn[], swing?: number): WaveformDrawing {
  const largest = swing ?? columns.reduce((most, { minimum, maximum }) => Math.max(most, maximum, -minimum), 0);
  const silent = largest < SILENCE;
  const scale = silent ? 0 : 0.94 / largest;
  const bar = (column: number, from: number, to: number): string =>
    `M${column + 0.5} ${(-Math.max(to * scale, 0.015)).toFixed(3)}V${(-Math.min(from * scale, -0.015)).toFixed(3)}`;
  return {
    columns: columns.length,
    peaks: columns.map(({ minimum, maximum }, column) => bar(column, minimum, maximum)).join(''),
    power: columns.map(({ rms }, column) => bar(column, -rms, rms)).join(''),
    silent,
  };
}

/** @param tone of what lies ahead, or of what the clip takes or has passed; `className` cuts it */
export function WaveformBars({
  drawing: { columns, peaks, power },
  tone,
  className = '',
}: {
  readonly drawing: WaveformDrawing;
  readonly tone: 'muted' | 'accent';
  readonly className?: string;
}) {
  return (
    <svg
      className={`${styles.bars} ${className}`}
      data-tone={tone}
      viewBox={`0 -1 ${columns} 2`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className={styles.peaks} d={peaks} />
      <path d={power} />
    </svg>
  );
}
