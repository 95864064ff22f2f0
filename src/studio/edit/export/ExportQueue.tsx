import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { DownloadLink, IconButton } from '../../components/Button';
import { useNow } from '../../components/use-now';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import type { ExportJob } from './export-state';
import styles from './ExportQueue.module.css';

/** Exports that wait, run or are done. */
export function ExportQueue() {
  const t = useTranslations('export');
  const jobs = useStudio((state) => state.exports);
  if (jobs.length === 0) return null;
  return (
    <ul className={styles.queue} aria-label={t('queue')}>
      {jobs.map((job) => (
        <ExportRow key={job.id} job={job} />
      ))}
    </ul>
  );
}

function ExportRow({ job }: { readonly job: ExportJob }) {
  const t = useTranslations('export');
  const removeExport = useStudio((state) => state.removeExport);
  const { name, state } = job;
  const share = state.status === 'running' && state.progress !== undefined ? state.progress.frame / state.progress.frames : 0;
  return (
    <li className={styles.row} data-status={state.status}>
      <span className={styles.name}>{name}</span>
      <StateWords job={job} />
      {state.status === 'running' && <progress className={styles.progress} max={1} value={share} aria-label={t('progress', { name })} />}
      {state.status === 'done' && state.file !== undefined && <Download file={state.file} />}
      <IconButton
        icon={state.status === 'running' ? 'stop' : 'close'}
        label={t(state.status === 'running' ? 'stop' : 'dismiss', { name })}
        onClick={() => removeExport(job.id)}
      />
    </li>
  );
}

function StateWords({ job: { state } }: { readonly job: ExportJob }) {
  const t = useTranslations('export');
  const { duration, bytes } = useUnits();
  const wordsOf = useProblemWords();
  const now = useNow(500);
  switch (state.status) {
    case 'waiting':
      return <span className={styles.state}>{t('waiting')}</span>;
    case 'running': {
      const { progress, began, stopping } = state;
      if (stopping) return <span className={styles.state}>{t('stopping')}</span>;
      if (progress === undefined) return <span className={styles.state}>{t('preparing')}</span>;
      const left = (((now - began) / 1000) * (progress.frames - progress.frame)) / Math.max(1, progress.frame);
      return <span className={styles.state}>{t('running', { ...progress, left: duration(left) })}</span>;
    }
    case 'done':
      return (
        <span className={styles.state} role="status">
          {state.file === undefined
            ? t('done', { duration: duration(state.seconds) })
            : t('doneSize', { duration: duration(state.seconds), size: bytes(state.file.size) })}
        </span>
      );
    case 'cut':
      return (
        <span className={styles.state} role="alert">
          {t('cut')}
        </span>
      );
    case 'failed':
      return (
        <span className={styles.state} role="alert">
          {wordsOf(state.problem).title}. {state.problem.report}
        </span>
      );
  }
}

function Download({ file }: { readonly file: File }) {
  const t = useTranslations('export');
  // One for each mounted row; kept until the row goes.
  const [address] = useState(() => URL.createObjectURL(file));
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <DownloadLink href={address} download={file.name} icon="download">
      {t('download')}
    </DownloadLink>
  );
}
