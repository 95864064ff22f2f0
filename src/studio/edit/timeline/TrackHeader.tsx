import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Track } from '../../../project';
import { ActionMenu } from '../../components/ActionMenu';
import { Icon, type IconName } from '../../components/Icon';
import type { TimelineCommands } from './commands';
import styles from './TrackHeader.module.css';

export interface TrackHeaderProps {
  readonly track: Track;
  readonly commands: TimelineCommands;
}

/** Name and switches of a track. */
export function TrackHeader({ track, commands }: TrackHeaderProps) {
  const t = useTranslations('timeline.track');
  const [renaming, setRenaming] = useState(false);
  const { id, kind, name, muted, locked } = track;
  const seen = kind === 'video';
  return (
    <div role="rowheader" className={styles.header} data-kind={kind} data-muted={muted}>
      {renaming ? (
        <NameField
          name={name}
          onDone={(changed) => {
            setRenaming(false);
            if (changed !== undefined && changed !== name) commands.renameTrack(id, changed);
          }}
        />
      ) : (
        <ActionMenu
          trigger={
            <button type="button" className={styles.name} aria-label={t('options', { name })} title={t('options', { name })}>
              {name}
            </button>
          }
          entries={[
            { label: t('rename'), run: () => setRenaming(true) },
            { label: t('up'), run: () => commands.raiseTrack(track, 1) },
            { label: t('down'), run: () => commands.raiseTrack(track, -1) },
            { label: t('closeGaps'), run: () => commands.closeGaps(id) },
            'line',
            { label: t('remove'), icon: 'trash', disabled: locked, run: () => commands.removeTrack(id) },
          ]}
        />
      )}
      <Switch
        icon={seen ? (muted ? 'eye-off' : 'eye') : muted ? 'muted' : 'volume'}
        label={t(muted ? 'unmute' : 'mute', { name })}
        pressed={muted}
        onPress={() => commands.muteTrack(id, !muted)}
      />
      <Switch
        icon={locked ? 'lock' : 'unlock'}
        label={t(locked ? 'unlock' : 'lock', { name })}
        pressed={locked}
        onPress={() => commands.lockTrack(id, !locked)}
      />
    </div>
  );
}

interface SwitchProps {
  readonly icon: IconName;
  readonly label: string;
  readonly pressed: boolean;
  onPress(): void;
}

function Switch({ icon, label, pressed, onPress }: SwitchProps) {
  return (
    <button type="button" className={styles.switch} data-on={pressed} aria-label={label} title={label} onClick={onPress}>
      <Icon name={icon} size={16} />
    </button>
  );
}

/** Enter and leaving keep what was typed, Escape does not. */
function NameField({ name, onDone }: { readonly name: string; onDone(changed: string | undefined): void }) {
  const t = useTranslations('timeline.track');
  return (
    <input
      className={styles.field}
      aria-label={t('name', { name })}
      defaultValue={name}
      maxLength={200}
      ref={(input) => input?.select()}
      onBlur={(event) => onDone(event.target.value.trim() || undefined)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') onDone(undefined);
      }}
    />
  );
}
