import { useTranslations } from 'use-intl';
import { useUnits } from '../i18n/use-units';
import { IconButton } from './Button';
import type { Volume } from '../playback/volume';
import field from './Field.module.css';
import styles from './Player.module.css';

export interface VolumeControlProps {
  readonly volume: Volume;
  readonly onVolume: (volume: Volume) => void;
}

/** How loud, and whether at all. Moving the slider turns the sound on. */
export function VolumeControl({ volume, onVolume }: VolumeControlProps) {
  const t = useTranslations('clip');
  const { percent } = useUnits();
  const { level, muted } = volume;
  const heard = muted ? 0 : level;
  return (
    <div className={styles.volume} role="group" aria-label={t('volume.group')}>
      <IconButton
        icon={heard === 0 ? 'muted' : 'volume'}
        label={t(muted ? 'volume.unmute' : 'volume.mute')}
        aria-pressed={muted}
        onClick={() => onVolume({ ...volume, muted: !muted })}
      />
      <input
        type="range"
        className={field.range}
        aria-label={t('volume.level')}
        aria-valuetext={muted ? t('volume.muted') : percent(level)}
        min={0}
        max={1}
        step={0.05}
        value={heard}
        style={{ '--share': heard }}
        onChange={(event) => onVolume({ level: Number(event.target.value), muted: false })}
      />
    </div>
  );
}
