import type { KeyboardEvent } from 'react';
import { useTranslations } from 'use-intl';
import { IconButton } from '../components/Button';
import { Icon } from '../components/Icon';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import type { QueuedJob } from './queue';
import styles from './QueuePanel.module.css';

export interface QueueRowProps {
  readonly entry: QueuedJob;
  /** From 0. */
  readonly place: number;
  readonly count: number;
  readonly onMove: (id: string, to: number) => void;
}

/** A job of the queue: what it is, where it stands, what can be done with it. */
export function QueueRow({ entry, place, count, onMove }: QueueRowProps) {
  const t = useTranslations('queue');
  const stateWords = useStateWords();
  const resume = useStudio((state) => state.resume);
  const stop = useStudio((state) => state.stop);
  const discard = useStudio((state) => state.discard);
  const duplicateJob = useStudio((state) => state.duplicateJob);
  const showJob = useStudio((state) => state.showJob);
  const { id, job, state, reason } = entry;
  const preview = useStudio(({ run }) => (run.status === 'running' && run.id === id ? run.preview : undefined)) ?? entry.preview;
  const share = useStudio(({ run }) =>
    run.status === 'running' && run.id === id && run.timing.stage === 'denoise' ? run.timing.share : 0,
  );
  const running = state === 'running';
  const words = stateWords(entry);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.altKey || running || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    onMove(id, Math.max(0, Math.min(count - 1, place + (event.key === 'ArrowUp' ? -1 : 1))));
  };
  const { width = 0, height = 0, frames = 0, seed = 0, prompt } = job;
  return (
    <li className={styles.row} data-state={state}>
      <button
        type="button"
        className={styles.job}
        aria-label={t('job', { prompt, seed: String(seed), state: words })}
        aria-description={running ? undefined : t('hint')}
        onClick={() => showJob(id)}
        onKeyDown={onKeyDown}
      >
        <span className={styles.picture}>
          {preview === undefined ? (
            <Icon name={state === 'failed' ? 'alert' : 'play'} size={16} />
          ) : (
            <PixelCanvas {...preview} label={t('preview', { prompt })} />
          )}
          {running && <span className={styles.progress} style={{ '--share': share }} />}
        </span>
        <span className={styles.words}>
          <span className={styles.prompt}>{prompt}</span>
          <span className={styles.facts}>
            <span className={styles.state}>{words}</span>
            <span>{t('facts', { width, height, frames, seed: String(seed) })}</span>
          </span>
        </span>
      </button>
      <div className={styles.actions}>
        {!running && (
          <>
            <IconButton icon="up" label={t('up')} aria-disabled={place === 0} onClick={() => onMove(id, place - 1)} />
            <IconButton icon="down" label={t('down')} aria-disabled={place === count - 1} onClick={() => onMove(id, place + 1)} />
          </>
        )}
        {state === 'suspended' && (
          <IconButton icon="play" label={reason === 'stop-at' ? t('finish') : t('resume')} onClick={() => void resume(id)} />
        )}
        {state === 'failed' && <IconButton icon="reset" label={t('retry')} onClick={() => void resume(id)} />}
        <IconButton icon="copy" label={t('duplicate')} onClick={() => void duplicateJob(id)} />
        {running ? (
          <IconButton icon="stop" label={t('stop')} onClick={stop} />
        ) : (
          <IconButton icon="close" label={t('remove')} onClick={() => discard(id)} />
        )}
      </div>
    </li>
  );
}

function useStateWords(): (entry: QueuedJob) => string {
  const t = useTranslations('queue.states');
  return ({ state, reason, step, steps, stopAt }) => {
    if (state === 'running') return t('running');
    if (state === 'failed') return t('failed');
    if (state === 'waiting') {
      if (steps > 0 && step > 0) return t('waitingFrom', { step, steps });
      return stopAt === undefined ? t('waiting') : t('draftTo', { stopAt });
    }
    if (steps === 0) return t('notBegun');
    if (reason === 'device-lost') return t('lost', { step });
    return t(reason === 'stop-at' ? 'draft' : 'suspended', { step, steps });
  };
}
