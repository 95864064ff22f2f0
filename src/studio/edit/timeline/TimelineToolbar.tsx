import { useRef } from 'react';
import { useTranslations } from 'use-intl';
import { ActionMenu } from '../../components/ActionMenu';
import { IconButton } from '../../components/Button';
import type { IconName } from '../../components/Icon';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import { timelineTools, type TimelineTool } from '../../state/timeline-state';
import type { TimelineCommands } from './commands';
import { HistoryMenu } from './HistoryMenu';
import { MarkerMenu } from './MarkerMenu';
import { SequenceDialog } from './SequenceDialog';
import { zoomRange } from './timeline-scale';
import styles from './TimelineToolbar.module.css';

export interface TimelineToolbarProps {
  readonly commands: TimelineCommands;
  fit(): void;
}

const toolIcons: Record<TimelineTool, IconName> = { move: 'cursor', slip: 'slip', slide: 'slide', roll: 'roll' };

/** Everything that is done to clips, where they are, and how close one looks. */
export function TimelineToolbar({ commands, fit }: TimelineToolbarProps) {
  const t = useTranslations('timeline');
  const { ripple, snapping, tool, form } = useStudio((state) => state.timeline);
  const viewTimeline = useStudio((state) => state.viewTimeline);
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <div className={styles.toolbar} role="group" aria-label={t('tools')}>
      <HistoryMenu commands={commands} />
      <div className={styles.group}>
        <ActionMenu
          trigger={<IconButton icon={toolIcons[tool]} label={t(`toolNames.${tool}`)} />}
          entries={timelineTools.map((one) => ({
            label: t(`toolNames.${one}`),
            checked: tool === one,
            run: () => viewTimeline({ tool: one }),
          }))}
        />
        <IconButton icon="split" label={t('split')} onClick={() => commands.split()} />
        <IconButton icon="trash" label={t('remove')} onClick={() => commands.remove()} />
      </div>
      <div className={styles.group}>
        <IconButton icon="magnet" label={t('snapping')} aria-pressed={snapping} onClick={commands.toggleSnapping} />
        <IconButton icon="ripple" label={t('ripple')} aria-pressed={ripple} onClick={commands.toggleRipple} />
      </div>
      <div className={styles.group}>
        <MarkerMenu commands={commands} />
      </div>
      <span className={styles.space} />
      <div className={styles.group}>
        <IconButton icon="settings" label={t('sequence.open')} onClick={() => dialog.current?.showModal()} />
        <SequenceDialog dialog={dialog} />
        <ActionMenu
          trigger={<IconButton icon="add" label={t('addTrack')} />}
          entries={[
            { label: t('addVideoTrack'), icon: 'film', run: () => commands.addTrack('video') },
            { label: t('addAudioTrack'), icon: 'volume', run: () => commands.addTrack('audio') },
          ]}
        />
        <IconButton
          icon={form === 'tracks' ? 'list' : 'tracks'}
          label={t(form === 'tracks' ? 'asList' : 'asTracks')}
          onClick={() => viewTimeline({ form: form === 'tracks' ? 'list' : 'tracks' })}
        />
      </div>
      <Zoom commands={commands} fit={fit} />
    </div>
  );
}

function Zoom({ commands, fit }: TimelineToolbarProps) {
  const t = useTranslations('timeline');
  const { decimal } = useUnits();
  const { pixelsPerFrame } = useStudio((state) => state.timeline);
  const viewTimeline = useStudio((state) => state.viewTimeline);
  const [least, most] = [Math.log2(zoomRange.least), Math.log2(zoomRange.most)];
  return (
    <div className={styles.group}>
      <IconButton icon="fit" label={t('fit')} onClick={fit} />
      <IconButton icon="minus" label={t('zoomOut')} onClick={() => commands.zoomBy(1 / 1.5)} />
      <input
        type="range"
        className={styles.zoom}
        aria-label={t('zoom')}
        aria-valuetext={t('zoomValue', { count: decimal(pixelsPerFrame, 2) })}
        min={least}
        max={most}
        step="any"
        value={Math.log2(pixelsPerFrame)}
        onChange={(event) => viewTimeline({ pixelsPerFrame: 2 ** Number(event.target.value) })}
      />
      <IconButton icon="add" label={t('zoomIn')} onClick={() => commands.zoomBy(1.5)} />
    </div>
  );
}
