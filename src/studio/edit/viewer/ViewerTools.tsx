import { useTranslations } from 'use-intl';
import { Button, IconButton } from '../../components/Button';
import { useShows, useStudio } from '../../state/context';
import styles from './ViewerTools.module.css';

const zooms = ['fit', 'fill', 'actual'] as const;
export type Zoom = (typeof zooms)[number];

export interface ViewerToolsProps {
  readonly zoom: Zoom;
  readonly onZoom: (zoom: Zoom) => void;
  readonly safeAreas: boolean;
  readonly onSafeAreas: (seen: boolean) => void;
  readonly figures: boolean;
  readonly onFigures: (seen: boolean) => void;
  readonly onFullScreen: () => void;
  readonly onExport: () => void;
  /** Frames that were left out since playing began. */
  readonly dropped: number;
}

/** How the picture is looked at, and what stretch is played. */
export function ViewerTools({
  zoom,
  onZoom,
  safeAreas,
  onSafeAreas,
  figures,
  onFigures,
  onFullScreen,
  onExport,
  dropped,
}: ViewerToolsProps) {
  const t = useTranslations('viewer');
  const words = useTranslations('export');
  const looping = useStudio((state) => state.looping);
  const range = useStudio((state) => state.range);
  const setLooping = useStudio((state) => state.setLooping);
  const markEdge = useStudio((state) => state.markEdge);
  const markRange = useStudio((state) => state.markRange);
  const showsExport = useShows('export');
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('tools')}>
      <div className={styles.group}>
        <IconButton icon="mark-in" label={t('markIn')} onClick={() => markEdge('in')} />
        <IconButton icon="mark-out" label={t('markOut')} onClick={() => markEdge('out')} />
        {range !== undefined && <IconButton icon="close" label={t('clearRange')} onClick={() => markRange(undefined)} />}
        <IconButton icon="loop" label={t('loop')} aria-pressed={looping} onClick={() => setLooping(!looping)} />
        {range !== undefined && <span className={styles.range}>{t('range', { first: range.start + 1, last: range.end })}</span>}
      </div>
      <div className={styles.group}>
        {dropped > 0 && (
          <span className={styles.dropped} role="status">
            {t('dropped', { count: dropped })}
          </span>
        )}
        <select className={styles.zoom} aria-label={t('zoom')} value={zoom} onChange={(event) => onZoom(zooms[event.target.selectedIndex])}>
          {zooms.map((each) => (
            <option key={each} value={each}>
              {t(`zooms.${each}`)}
            </option>
          ))}
        </select>
        <IconButton icon="safe-area" label={t('safeAreas')} aria-pressed={safeAreas} onClick={() => onSafeAreas(!safeAreas)} />
        <IconButton icon="gauge" label={t('figures.show')} aria-pressed={figures} onClick={() => onFigures(!figures)} />
        <IconButton icon="full-screen" label={t('fullScreen')} onClick={onFullScreen} />
        {showsExport && (
          <Button kind="primary" size="small" icon="download" onClick={onExport}>
            {words('open')}
          </Button>
        )}
      </div>
    </div>
  );
}
