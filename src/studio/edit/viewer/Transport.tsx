import { useTranslations } from 'use-intl';
import { sequenceFrames } from '../../../project';
import { IconButton } from '../../components/Button';
import { VolumeControl } from '../../components/VolumeControl';
import type { Volume } from '../../playback/volume';
import { useStudio } from '../../state/context';
import field from '../../components/Field.module.css';
import { TimecodeField } from './TimecodeField';
import styles from './Transport.module.css';

export interface TransportProps {
  readonly volume: Volume;
  readonly onVolume: (volume: Volume) => void;
}

/** Where the sequence is, and what plays it. */
export function Transport({ volume, onVolume }: TransportProps) {
  const t = useTranslations('viewer');
  const playhead = useStudio((state) => state.playhead);
  const frames = useStudio((state) => sequenceFrames(state.edited.sequence));
  const speed = useStudio((state) => state.speed);
  const { seek, stepPlayhead, togglePlaying } = useTransportActions();
  const last = Math.max(0, frames - 1);
  return (
    <div className={styles.transport} role="group" aria-label={t('playback')}>
      <input
        type="range"
        className={`${field.range} ${styles.scrub}`}
        aria-label={t('frame')}
        aria-valuetext={t('frameOf', { frame: playhead + 1, frames })}
        min={0}
        max={last}
        value={Math.min(playhead, last)}
        disabled={frames === 0}
        style={{ '--share': last === 0 ? 0 : playhead / last }}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <TimecodeField />
      <div className={styles.buttons}>
        <IconButton icon="first" label={t('first')} onClick={() => seek(0)} />
        <IconButton icon="frame-back" label={t('back')} onClick={() => stepPlayhead(-1)} />
        <IconButton
          icon={speed === 0 ? 'play' : 'pause'}
          label={t(speed === 0 ? 'play' : 'pause')}
          aria-pressed={speed !== 0}
          data-main
          onClick={togglePlaying}
        />
        <IconButton icon="frame-forward" label={t('forward')} onClick={() => stepPlayhead(1)} />
        <IconButton icon="last" label={t('last')} onClick={() => seek(last)} />
        <span className={styles.speed} role="status">
          {speed !== 0 && speed !== 1 ? t('speed', { speed }) : ''}
        </span>
      </div>
      <div className={styles.volume}>
        <VolumeControl volume={volume} onVolume={onVolume} />
      </div>
    </div>
  );
}

function useTransportActions() {
  const seek = useStudio((state) => state.seek);
  const stepPlayhead = useStudio((state) => state.stepPlayhead);
  const togglePlaying = useStudio((state) => state.togglePlaying);
  return { seek, stepPlayhead, togglePlaying };
}
