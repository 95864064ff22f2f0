import { useTranslations } from 'use-intl';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import { Icon } from './Icon';
import { useProgressWords } from './RunningStage';
import styles from './History.module.css';

/** The way back to the run that is at work or stands still, while a clip is on the stage. */
export function RunTile() {
  const t = useTranslations('history');
  const run = useStudio((state) => state.run);
  const selected = useStudio((state) => state.selectedClip);
  const select = useStudio((state) => state.select);
  const progressWords = useProgressWords();
  if (run.status === 'idle' || selected === undefined) return null;
  const preview = run.status === 'failed' ? undefined : run.preview;
  const share = run.status === 'running' && run.timing.steps > 0 ? run.timing.step / run.timing.steps : 0;
  const words =
    run.status === 'running'
      ? progressWords(run.timing)
      : run.status === 'failed'
        ? t('failed')
        : t('stopped', { step: run.step, steps: run.steps });
  return (
    <button type="button" className={styles.run} onClick={() => select(undefined)}>
      <span className={styles.picture}>
        {preview === undefined ? (
          <Icon name={run.status === 'failed' ? 'alert' : 'play'} />
        ) : (
          <PixelCanvas {...preview} label={t('preview')} />
        )}
        {run.status === 'running' && <span className={styles.progress} style={{ '--share': share }} />}
      </span>
      <span className={styles.words}>
        <span className={styles.prompt}>{t('backToRun')}</span>
        <span className={styles.changes}>{words}</span>
      </span>
    </button>
  );
}
