import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from 'react';
import { peakColumns, type PeakColumn } from '../../audio';
import type { ClipSound } from '../../pipelines';
import styles from './WaveformScrubber.module.css';

export interface WaveformScrubberProps {
  readonly sound: ClipSound;
  readonly frame: number;
  readonly frameCount: number;
  /** Seconds of the clip. */
  readonly seconds: number;
  /** Receives `--place`, 0 to 1: where the playhead is. */
  readonly place: RefObject<HTMLDivElement | null>;
  readonly onSeek: (frame: number) => void;
}

/** Pixels from bar to bar. */
const PITCH = 3;
/** Amplitude below which a sound is silence: a drawing of it would be one of rounding. */
const SILENCE = 1e-4;

/** The sound of a clip as it runs, and the place within it: click, drag or step to any frame. */
export function WaveformScrubber({ sound, frame, frameCount, seconds, place, onSeek }: WaveformScrubberProps) {
  const [columns, setColumns] = useState(120);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(([{ contentRect }]) => setColumns(Math.max(16, Math.floor(contentRect.width / PITCH))));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  const drawing = useMemo(() => drawingOf(peakColumns(sound.peaks, { start: 0, end: seconds }, columns)), [sound, seconds, columns]);
  const dragging = useRef(false);

  const seekTo = (event: PointerEvent<HTMLDivElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    onSeek(Math.min(frameCount - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * frameCount))));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.round(frameCount / 10));
    const targets: Record<string, number> = {
      ...{ ArrowLeft: frame - 1, ArrowDown: frame - 1, ArrowRight: frame + 1, ArrowUp: frame + 1 },
      ...{ PageDown: frame - page, PageUp: frame + page, Home: 0, End: frameCount - 1 },
    };
    if (!Object.hasOwn(targets, event.key)) return;
    event.preventDefault();
    onSeek(Math.min(frameCount - 1, Math.max(0, targets[event.key])));
  };

  return (
    <div
      ref={place}
      className={styles.waveform}
      role="slider"
      tabIndex={0}
      aria-label="Frame"
      aria-roledescription="waveform"
      aria-valuemin={1}
      aria-valuemax={frameCount}
      aria-valuenow={frame + 1}
      aria-valuetext={`Frame ${frame + 1} of ${frameCount}, ${((frame / frameCount) * seconds).toFixed(2)} s`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => {
        if (dragging.current) seekTo(event);
      }}
      onPointerUp={() => (dragging.current = false)}
      onPointerCancel={() => (dragging.current = false)}
    >
      <Bars className={styles.ahead} columns={columns} {...drawing} />
      <Bars className={styles.passed} columns={columns} {...drawing} />
      <span className={styles.playhead} aria-hidden="true" />
      {drawing.silent && <span className={styles.silent}>Silence</span>}
    </div>
  );
}

interface Drawing {
  readonly peaks: string;
  readonly power: string;
  readonly silent: boolean;
}

/** Two paths on a grid of columns x -1..1: how far the sound swings, and its mean power; loud enough to be seen. */
function drawingOf(columns: readonly PeakColumn[]): Drawing {
  const largest = columns.reduce((most, { minimum, maximum }) => Math.max(most, maximum, -minimum), 0);
  const silent = largest < SILENCE;
  const scale = silent ? 0 : 0.94 / largest;
  const bar = (column: number, from: number, to: number): string =>
    `M${column + 0.5} ${(-Math.max(to * scale, 0.015)).toFixed(3)}V${(-Math.min(from * scale, -0.015)).toFixed(3)}`;
  return {
    peaks: columns.map(({ minimum, maximum }, column) => bar(column, minimum, maximum)).join(''),
    power: columns.map(({ rms }, column) => bar(column, -rms, rms)).join(''),
    silent,
  };
}

function Bars({ className, columns, peaks, power }: Drawing & { readonly className: string; readonly columns: number }) {
  return (
    <svg className={className} viewBox={`0 -1 ${columns} 2`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path className={styles.peaks} d={peaks} />
      <path className={styles.power} d={power} />
    </svg>
  );
}
