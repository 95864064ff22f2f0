import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslations } from 'use-intl';
import type { OwnSound } from '../../../workers';
import { useUnits } from '../i18n/use-units';
import { useWaveformDrawing, WaveformBars } from './WaveformBars';
import styles from './SoundWindow.module.css';
import bars from './WaveformBars.module.css';

export interface SoundWindowProps {
  readonly sound: OwnSound;
  /** Seconds of the sound before the clip begins. */
  readonly start: number;
  /** Seconds that the clip lasts. */
  readonly seconds: number;
  readonly onStart: (seconds: number) => void;
}

/** Seconds that a key moves the clip by. */
const STEP = 0.1;

/** A whole sound, and the part of it that the clip takes: dragged, or moved by keys. */
export function SoundWindow({ sound, start, seconds, onStart }: SoundWindowProps) {
  const t = useTranslations('sound');
  const { seconds: secondsWords } = useUnits();
  const element = useRef<HTMLDivElement>(null);
  const whole = sound.facts.sound.seconds;
  const drawing = useWaveformDrawing(element, sound.peaks, whole);
  /** Where the pointer took hold, in seconds from the start of the clip. */
  const held = useRef<number | undefined>(undefined);
  const end = Math.min(whole, start + seconds);

  const placeOf = (event: PointerEvent<HTMLDivElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return ((event.clientX - left) / width) * whole;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(STEP, seconds / 2);
    const targets: Record<string, number> = {
      ...{ ArrowLeft: start - STEP, ArrowDown: start - STEP, ArrowRight: start + STEP, ArrowUp: start + STEP },
      ...{ PageDown: start - page, PageUp: start + page, Home: 0, End: Math.max(0, whole - seconds) },
    };
    if (!Object.hasOwn(targets, event.key)) return;
    event.preventDefault();
    onStart(targets[event.key]);
  };

  return (
    <div
      ref={element}
      className={styles.window}
      style={{ '--from': share(start, whole), '--to': share(end, whole) }}
      role="slider"
      tabIndex={0}
      aria-label={t('window')}
      aria-roledescription={t('waveform')}
      aria-valuemin={0}
      aria-valuemax={whole}
      aria-valuenow={start}
      aria-valuetext={t('windowValue', { from: secondsWords(start, 2), to: secondsWords(end, 2), whole: secondsWords(whole, 2) })}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        const place = placeOf(event);
        // Outside the part, the clip begins where the pointer is.
        held.current = place >= start && place <= end ? place - start : 0;
        event.currentTarget.setPointerCapture(event.pointerId);
        onStart(place - held.current);
      }}
      onPointerMove={(event) => {
        if (held.current !== undefined) onStart(placeOf(event) - held.current);
      }}
      onPointerUp={() => (held.current = undefined)}
      onPointerCancel={() => (held.current = undefined)}
    >
      <span className={styles.part} aria-hidden="true" />
      <WaveformBars drawing={drawing} tone="muted" />
      <WaveformBars drawing={drawing} tone="accent" className={styles.taken} />
      {drawing.silent && <span className={bars.silent}>{t('silence')}</span>}
    </div>
  );
}

const share = (seconds: number, whole: number): number => (whole > 0 ? Math.min(1, seconds / whole) : 0);
