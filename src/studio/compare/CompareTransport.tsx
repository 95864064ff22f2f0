import { useTranslations } from 'use-intl';
import { IconButton } from '../components/Button';
import field from '../components/Field.module.css';
import type { CompareMode } from './draw-pair';
import type { ComparedFrames } from './use-compared-frames';
import styles from './CompareWorkspace.module.css';

export interface CompareTransportProps {
  readonly frames: ComparedFrames;
  /** Frames of the left video. */
  readonly count: number;
  readonly mode: CompareMode;
  readonly opacity: number;
  readonly onOpacity: (opacity: number) => void;
  readonly factor: number;
  readonly onFactor: (factor: number) => void;
}

/** By which differences are multiplied: powers of 2. */
const factors = [1, 2, 4, 8, 16] as const;

/** What moves both videos, and what the mode at hand can be told. */
export function CompareTransport({ frames, count, mode, opacity, onOpacity, factor, onFactor }: CompareTransportProps) {
  const t = useTranslations('compare');
  const { frame, playing, seek, step, toggle } = frames;
  return (
    <div className={styles.transport} role="group" aria-label={t('playback')}>
      <IconButton icon="frame-back" label={t('back')} onClick={() => step(-1)} />
      <IconButton icon={playing ? 'pause' : 'play'} label={t(playing ? 'pause' : 'play')} aria-pressed={playing} onClick={toggle} />
      <IconButton icon="frame-forward" label={t('forward')} onClick={() => step(1)} />
      <input
        type="range"
        className={field.range}
        aria-label={t('frame')}
        aria-valuetext={t('frameOf', { frame: frame + 1, frames: count })}
        min={0}
        max={count - 1}
        value={frame}
        style={{ '--share': frame / Math.max(1, count - 1) }}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <span className={styles.position}>{t('position', { frame: frame + 1, frames: count })}</span>
      {mode === 'onion' && (
        <label className={styles.option}>
          {t('opacity')}
          <input
            type="range"
            className={field.range}
            min={0}
            max={1}
            step={0.05}
            value={opacity}
            style={{ '--share': opacity }}
            onChange={(event) => onOpacity(Number(event.target.value))}
          />
        </label>
      )}
      {mode === 'difference' && (
        <label className={styles.option}>
          {t('factor')}
          <select className={styles.choice} value={factor} onChange={(event) => onFactor(Number(event.target.value))}>
            {factors.map((each) => (
              <option key={each} value={each}>
                {t('times', { factor: each })}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
