import { useRef, type KeyboardEvent, type PointerEvent, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import type { ClipSound } from '../../pipelines';
import { useUnits } from '../i18n/use-units';
import { useWaveformDrawing, WaveformBars } from './WaveformBars';
import styles from './WaveformScrubber.module.css';
import bars from './WaveformBars.module.css';

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

/** The sound of a clip as it runs, and the place within it: click, drag or step to any frame. */
export function WaveformScrubber({ sound, frame, frameCount, seconds, place, onSeek }: WaveformScrubberProps) {
  const t = useTranslations('clip');
  const { seconds: secondsWords } = useUnits();
  const drawing = useWaveformDrawing(place, sound.peaks, seconds);
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
      aria-label={t('frame')}
      aria-roledescription={t('waveform')}
      aria-valuemin={1}
      aria-valuemax={frameCount}
      aria-valuenow={frame + 1}
      aria-valuetext={t('frameAt', { frame: frame + 1, frames: frameCount, time: secondsWords((frame / frameCount) * seconds, 2) })}
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
      <WaveformBars drawing={drawing} tone="muted" />
      <WaveformBars drawing={drawing} tone="accent" className={styles.passed} />
      <span className={styles.playhead} aria-hidden="true" />
      {drawing.silent && <span className={bars.silent}>{t('silence')}</span>}
    </div>
  );
}
