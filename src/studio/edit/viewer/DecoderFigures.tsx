import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { CacheReport, ShownFrame } from '../../../../workers';
import { useUnits } from '../../i18n/use-units';
import { useStudioStore } from '../../state/context';
import type { PlaybackReport } from './sequence-player';
import styles from './DecoderFigures.module.css';

export interface DecoderFiguresProps {
  readonly shown: ShownFrame | undefined;
  readonly playback: PlaybackReport;
}

/** Milliseconds between two readings. */
const every = 500;

/** For those who want to know: how long a frame took, and how often it was decoded already. */
export function DecoderFigures({ shown, playback: { dropped, behind } }: DecoderFiguresProps) {
  const t = useTranslations('viewer');
  const { bytes, decimal, percent } = useUnits();
  const store = useStudioStore();
  const [report, setReport] = useState<CacheReport>();
  useEffect(() => {
    const read = (): void => {
      // A worker that died is told where its picture is missed.
      store
        .getState()
        .editor()
        .cacheReport()
        .then(setReport, () => undefined);
    };
    read();
    const timer = setInterval(read, every);
    return () => clearInterval(timer);
  }, [store]);
  const asked = (report?.hits ?? 0) + (report?.misses ?? 0);
  const rows: readonly (readonly [string, string])[] = [
    [t('figures.time'), shown === undefined ? '' : t('figures.milliseconds', { time: decimal(shown.milliseconds, 1) })],
    [t('figures.hits'), asked === 0 ? '' : percent((report?.hits ?? 0) / asked)],
    [t('figures.kept'), report === undefined ? '' : t('figures.frames', { count: report.frames })],
    [t('figures.memory'), report === undefined ? '' : t('figures.of', { used: bytes(report.bytes), most: bytes(report.budget) })],
    [t('figures.dropped'), decimal(dropped, 0)],
    ...(behind === undefined
      ? []
      : [[t('figures.behind'), t('figures.behindOf', { median: decimal(behind.median, 2), most: decimal(behind.most95, 2) })] as const]),
  ];
  return (
    <dl className={styles.figures} data-testid="decoder-figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
