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
  const { level, muted } = volume;
  const heard = muted ? 0 : level;
  return (
    <div className={styles.volume} role="group" aria-label="Sound">
      <IconButton
        icon={heard === 0 ? 'muted' : 'volume'}
        label={muted ? 'Sound on (M)' : 'Mute (M)'}
        aria-pressed={muted}
        onClick={() => onVolume({ ...volume, muted: !muted })}
      />
      <input
        type="range"
        className={field.range}
        aria-label="Volume"
        aria-valuetext={muted ? 'Muted' : `${Math.round(level * 100)} percent`}
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
