import { useTranslations } from 'use-intl';
import { formatTimecode } from '../../../project';
import { IconButton } from '../../components/Button';
import { useStudio } from '../../state/context';
import type { TimelineCommands } from './commands';
import { useMarkerWords } from './MarkerFlag';
import table from './ClipTable.module.css';
import styles from './Marker.module.css';

/** The markers in order of time, below the table of clips; nothing while there are none. */
export function MarkerTable({ commands }: { readonly commands: TimelineCommands }) {
  const t = useTranslations('timeline');
  const { markers, rate } = useStudio((state) => state.edited.sequence);
  const words = useMarkerWords(rate);
  if (markers.length === 0) return null;
  return (
    <table className={table.table}>
      <caption>{t('markers.menu')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('markers.menu')}</th>
          <th scope="col">{t('table.start')}</th>
          <th scope="col">{t('markers.color')}</th>
          <th scope="col">{t('table.actions')}</th>
        </tr>
      </thead>
      <tbody>
        {markers
          .toSorted((one, other) => one.frame - other.frame)
          .map((marker) => (
            <tr key={marker.id}>
              <td>
                <button type="button" className={table.name} onClick={() => commands.openMarker(marker.id)}>
                  {marker.name === '' ? t('markers.noName') : marker.name}
                </button>
              </td>
              <td>
                <button
                  type="button"
                  className={table.time}
                  aria-label={`${t('table.goTo')} ${formatTimecode(marker.frame, rate)}`}
                  onClick={() => commands.goTo(marker.frame)}
                >
                  {formatTimecode(marker.frame, rate)}
                </button>
              </td>
              <td>
                <span className={styles.named}>
                  <span className={styles.swatch} data-color={marker.color} />
                  {t(`markers.colors.${marker.color}`)}
                </span>
              </td>
              <td>
                <IconButton
                  icon="trash"
                  label={t('markers.removeNamed', { marker: words(marker) })}
                  onClick={() => commands.removeMarker(marker.id)}
                />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
