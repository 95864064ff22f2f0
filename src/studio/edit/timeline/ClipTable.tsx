import { useTranslations } from 'use-intl';
import { endOf, formatTimecode, toNumber, type Clip, type Track } from '../../../project';
import { ActionMenu } from '../../components/ActionMenu';
import { IconButton } from '../../components/Button';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import { clipMenu } from './clip-menu';
import { clipName, type TimelineCommands } from './commands';
import { MarkerTable } from './MarkerTable';
import { shownTracks } from './TimelineLanes';
import styles from './ClipTable.module.css';

/** The timeline as a table: each track, each of its clips, and what may be done with it. */
export function ClipTable({ commands }: { readonly commands: TimelineCommands }) {
  const t = useTranslations('timeline');
  const sequence = useStudio((state) => state.edited.sequence);
  return (
    <div className={styles.scroller}>
      <table className={styles.table}>
        <caption>{t('table.caption')}</caption>
        <thead>
          <tr>
            {(['track', 'clip', 'start', 'end', 'duration', 'speed', 'actions'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`table.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        {shownTracks(sequence).map((track) => (
          <TrackRows key={track.id} track={track} commands={commands} />
        ))}
      </table>
      <MarkerTable commands={commands} />
    </div>
  );
}

function TrackRows({ track, commands }: { readonly track: Track; readonly commands: TimelineCommands }) {
  const t = useTranslations('timeline.table');
  const { clips, name } = track;
  return (
    <tbody>
      {clips.length === 0 ? (
        <tr>
          <th scope="rowgroup">{name}</th>
          <td colSpan={6} className={styles.none}>
            {t('empty')}
          </td>
        </tr>
      ) : (
        clips.map((clip, at) => (
          <ClipRow key={clip.id} {...{ clip, commands }} head={at === 0 ? { name, rows: clips.length } : undefined} />
        ))
      )}
    </tbody>
  );
}

interface ClipRowProps {
  readonly clip: Clip;
  /** The track's cell, before its first clip. */
  readonly head: { readonly name: string; readonly rows: number } | undefined;
  readonly commands: TimelineCommands;
}

function ClipRow({ clip, head, commands }: ClipRowProps) {
  const t = useTranslations('timeline');
  const units = useUnits();
  const selection = useStudio((state) => state.selection);
  const copied = useStudio((state) => state.copied);
  const project = useStudio((state) => state.project);
  const edited = useStudio((state) => state.edited);
  const { rate } = edited.sequence;
  const name = clipName(clip, project.media);
  return (
    <tr data-selected={selection.includes(clip.id)}>
      {head !== undefined && (
        <th scope="rowgroup" rowSpan={head.rows}>
          {head.name}
        </th>
      )}
      <td>
        <button type="button" className={styles.name} aria-pressed={selection.includes(clip.id)} onClick={() => commands.selectGroup(clip)}>
          {name}
        </button>
      </td>
      <td>
        <button
          type="button"
          className={styles.time}
          aria-label={`${t('table.goTo')} ${formatTimecode(clip.start, rate)}`}
          onClick={() => commands.goTo(clip.start)}
        >
          {formatTimecode(clip.start, rate)}
        </button>
      </td>
      <td>{formatTimecode(endOf(clip), rate)}</td>
      <td>{formatTimecode(clip.duration, rate)}</td>
      <td>{clip.kind === 'title' ? '' : units.percent(toNumber(clip.speed))}</td>
      <td>
        <ActionMenu
          trigger={<IconButton icon="more" label={t('clip.actions', { name })} />}
          entries={clipMenu({ clip, commands, t, units, state: { selection, copied, project, edited } })}
        />
      </td>
    </tr>
  );
}
