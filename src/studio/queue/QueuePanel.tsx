import { useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button, IconButton } from '../components/Button';
import { useNow } from '../components/use-now';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import { secondsLeft } from '../state/stage-timing';
import type { StudioState } from '../state/studio-store';
import { secondsOfQueue } from './queue';
import { QueueRow } from './QueueRow';
import styles from './QueuePanel.module.css';

/** The jobs that are not done: a line that says how many and how long, and the list when it is opened. */
export function QueuePanel() {
  const t = useTranslations('queue');
  const listId = useId();
  const queue = useStudio((state) => state.queue);
  const paused = useStudio((state) => state.queuePaused);
  const restored = useStudio((state) => state.queueRestored);
  const pauseQueue = useStudio((state) => state.pauseQueue);
  const continueQueue = useStudio((state) => state.continueQueue);
  const finishDrafts = useStudio((state) => state.finishDrafts);
  const moveJob = useStudio((state) => state.moveJob);
  const [opened, setOpened] = useState<boolean>();
  const [said, setSaid] = useState('');
  const waiting = queue.filter(({ state }) => state === 'waiting').length;
  const running = queue.some(({ state }) => state === 'running');
  const drafts = queue.filter(({ state, reason }) => state === 'suspended' && reason === 'stop-at').length;
  // One job alone is on the stage already.
  if (queue.length === 0 || (queue.length === 1 && waiting === 0)) return null;
  const isOpen = opened ?? true;
  const move = (id: string, to: number): void => {
    moveJob(id, to);
    setSaid(t('moved', { place: to + 1, count: queue.length }));
  };
  return (
    <section className={styles.queue} aria-label={t('region')}>
      <div className={styles.head}>
        <IconButton
          icon="chevron"
          label={isOpen ? t('close') : t('open')}
          aria-expanded={isOpen}
          aria-controls={listId}
          data-open={isOpen}
          onClick={() => setOpened(!isOpen)}
        />
        <h2 className={styles.title}>{t('title')}</h2>
        <p className={styles.summary}>
          {running && <span>{t('running')}</span>}
          <span>{t('summary', { waiting, unfinished: queue.length - (running ? 1 : 0) })}</span>
          {paused ? <strong>{t('paused')}</strong> : <TimeLeft />}
        </p>
        {drafts > 0 && (
          <Button size="small" icon="play" onClick={() => void finishDrafts()}>
            {t('finishDrafts', { count: drafts })}
          </Button>
        )}
        {paused && (
          <Button size="small" kind="primary" icon="play" onClick={() => void continueQueue()}>
            {t('continue')}
          </Button>
        )}
        {!paused && (waiting > 0 || running) && (
          <Button size="small" icon="pause" onClick={pauseQueue}>
            {t('pause')}
          </Button>
        )}
      </div>
      {restored && <p className={styles.note}>{t('restored')}</p>}
      {isOpen && (
        <ol id={listId} className={styles.list}>
          {queue.map((entry, place) => (
            <QueueRow key={entry.id} entry={entry} place={place} count={queue.length} onMove={move} />
          ))}
        </ol>
      )}
      <p className={styles.said} role="status">
        {said}
      </p>
    </section>
  );
}

/** Seconds until nothing is at work and nothing waits. */
function TimeLeft() {
  const t = useTranslations('queue');
  const { duration } = useUnits();
  const now = useNow(1000);
  const seconds = useStudio((state) => leftAt(state, now));
  return seconds === undefined || seconds < 1 ? null : <span>{t('left', { duration: duration(seconds) })}</span>;
}

function leftAt({ queue, run, lastSeconds, measured }: StudioState, now: number): number | undefined {
  const left = run.status === 'running' ? secondsLeft(run.timing, lastSeconds, Math.max(now, run.timing.lastEventAt)) : undefined;
  const seconds = secondsOfQueue(queue, left, measured);
  return seconds === undefined ? undefined : Math.round(seconds);
}
