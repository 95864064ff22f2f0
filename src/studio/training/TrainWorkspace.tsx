import { useEffect, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { Button, IconButton } from '../components/Button';
import { Message } from '../components/Message';
import { folderOfFiles, givesHandles, pickFolder } from '../models/pick-folder';
import { useStudio } from '../state/context';
import type { Problem } from '../state/problem';
import { TrainingCurves } from './TrainingCurves';
import { ValidationClips } from './ValidationClips';
import styles from './TrainWorkspace.module.css';

/** Milliseconds between two readings of a run that goes on. */
const refreshEvery = 3000;

/** A training run of `aiprod train`, watched: its figures, curves and validation clips. */
export function TrainWorkspace() {
  const t = useTranslations('training');
  const training = useStudio((state) => state.training);
  const close = useStudio((state) => state.closeTraining);
  useRefreshing(training.status === 'open' && training.live);
  return (
    <main className={styles.workspace} aria-label={t('train')}>
      {training.status === 'none' && (
        <Message tone="calm" icon="chart" title={t('emptyTitle')} actions={<OpenButton primary />}>
          <p>{t('emptyWords')}</p>
        </Message>
      )}
      {training.status === 'reading' && <p className={styles.reading}>{t('reading', { name: training.name })}</p>}
      {training.status === 'failed' && <Failed problem={training.problem} />}
      {training.status === 'open' && (
        <div className={styles.run}>
          <header className={styles.head}>
            <h2 className={styles.name}>{training.reading.name}</h2>
            <span className={styles.live} data-live={training.live}>
              {training.live ? t('following') : t('snapshot')}
            </span>
            <OpenButton />
            <IconButton icon="close" label={t('close')} onClick={close} />
          </header>
          <TrainingCurves metrics={training.reading.metrics} />
          <ValidationClips tree={training.tree} samples={training.reading.samples} />
        </div>
      )}
    </main>
  );
}

function Failed({ problem }: { readonly problem: Problem }) {
  const t = useTranslations('training');
  return (
    <Message tone="danger" icon="alert" title={t('failedTitle')} urgent actions={<OpenButton primary />}>
      <p>{problem.report}</p>
    </Message>
  );
}

/** Asks for a folder: by handle, so that it can be followed, or by its files where the browser gives no handles. */
function OpenButton({ primary = false }: { readonly primary?: boolean }) {
  const t = useTranslations('training');
  const open = useStudio((state) => state.openTraining);
  const input = useRef<HTMLInputElement>(null);
  const choose = async (): Promise<void> => {
    if (!givesHandles()) return input.current?.click();
    const folder = await pickFolder('aiprod-training');
    if (folder !== undefined) await open(folder);
  };
  return (
    <>
      <Button kind={primary ? 'primary' : 'secondary'} size={primary ? 'medium' : 'small'} icon="folder" onClick={() => void choose()}>
        {primary ? t('open') : t('another')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="training-folder"
        {...{ webkitdirectory: '' }}
        onChange={({ target }) => {
          const folder = folderOfFiles(target.files ?? []);
          target.value = '';
          if (folder !== undefined) void open(folder);
        }}
      />
    </>
  );
}

/** Reads the run anew while the page is in sight. */
function useRefreshing(live: boolean): void {
  const refresh = useStudio((state) => state.refreshTraining);
  useEffect(() => {
    if (!live) return;
    let timer = 0;
    let ended = false;
    const next = async (): Promise<void> => {
      if (!document.hidden) await refresh();
      if (!ended) timer = window.setTimeout(() => void next(), refreshEvery);
    };
    timer = window.setTimeout(() => void next(), refreshEvery);
    return () => {
      ended = true;
      window.clearTimeout(timer);
    };
  }, [live, refresh]);
}
