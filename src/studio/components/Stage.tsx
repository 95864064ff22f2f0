import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { useProblemWords } from '../i18n/use-problem-words';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import type { Problem } from '../state/problem';
import type { Run } from '../state/studio-store';
import { Button } from './Button';
import { KeptClip } from './KeptClip';
import { Message } from './Message';
import { Player } from './Player';
import { RunningStage } from './RunningStage';
import { Screen } from './Screen';
import { Welcome } from './Welcome';
import styles from './RunningStage.module.css';

/** The large area: the clip, or the run, or what stands in the way. */
export function Stage() {
  const environment = useStudio((state) => state.environment);
  const run = useStudio((state) => state.run);
  const clip = useStudio((state) => state.clips.find(({ id }) => id === state.selectedClip));
  const reading = useStudio((state) => state.clipReading);
  const selected = useStudio((state) => state.selectedClip);
  if (environment.status === 'unavailable') return <Unavailable problem={environment.problem} />;
  if (clip !== undefined) return <Player key={clip.id} clip={clip} />;
  if (reading.status !== 'idle' && reading.id === selected) return <KeptClip reading={reading} />;
  switch (run.status) {
    case 'idle':
      return <Welcome />;
    case 'running':
      return <RunningStage run={run} />;
    case 'suspended':
      return <Suspended run={run} />;
    case 'failed':
      return <Failed problem={run.problem} />;
  }
}

/** Stopped on request or by a lost device: what is there stays, and can go on. */
function Suspended({ run }: { readonly run: Extract<Run, { status: 'suspended' }> }) {
  const resume = useStudio((state) => state.resume);
  const discard = useStudio((state) => state.discard);
  const t = useTranslations('run');
  const { job, preview, step, steps, reason } = run;
  const lost = reason === 'device-lost';
  const actions = (
    <>
      <Button kind="primary" icon="play" onClick={() => void resume()}>
        {t('resume')}
      </Button>
      <Button icon="close" onClick={() => discard()}>
        {t('discard')}
      </Button>
    </>
  );
  if (lost) {
    return (
      <Message tone="caution" icon="chip" title={t('lost.title')} actions={actions} urgent>
        <p>{t('lost.why')}</p>
        <p>{t.rich('lost.kept', { step, steps, many: steps > 1 ? 'yes' : 'no', strong: (words) => <strong>{words}</strong> })}</p>
      </Message>
    );
  }
  return (
    <section className={styles.running} aria-label={t('stopped')}>
      <Screen width={job.width ?? 1} height={job.height ?? 1} dimmed>
        {preview !== undefined && <PixelCanvas {...preview} label={t('preview', { step: preview.step })} />}
      </Screen>
      <div className={styles.stopped}>
        <div>
          <h2 className={styles.now}>{t('stoppedAt', { step, steps })}</h2>
          <p className={styles.left}>{t('resumeMeaning')}</p>
        </div>
        <div className={styles.actions}>{actions}</div>
      </div>
    </section>
  );
}

function Failed({ problem }: { readonly problem: Problem }) {
  const t = useTranslations('run');
  const { title, explanation } = useProblemWords()(problem);
  const resume = useStudio((state) => state.resume);
  const discard = useStudio((state) => state.discard);
  return (
    <Message
      tone="danger"
      icon="alert"
      title={title}
      report={problem.report === explanation ? undefined : problem.report}
      urgent
      actions={
        <>
          <Button kind="primary" icon="reset" onClick={() => void resume()}>
            {t('tryAgain')}
          </Button>
          <Button icon="close" onClick={() => discard()}>
            {t('dismiss')}
          </Button>
        </>
      }
    >
      <p>{explanation}</p>
    </Message>
  );
}

/** No clip can be made here: why, and what works instead. */
function Unavailable({ problem }: { readonly problem: Problem }) {
  const t = useTranslations('run');
  const { title, explanation } = useProblemWords()(problem);
  const strong = (words: ReactNode): ReactNode => <strong>{words}</strong>;
  const code = (words: ReactNode): ReactNode => <code>{words}</code>;
  const noWebGpu = problem.code === 'missing-feature' || problem.code === 'no-adapter';
  return (
    <Message
      tone="caution"
      icon="chip"
      title={title}
      report={problem.report}
      urgent
      actions={
        <Button icon="reset" onClick={() => window.location.reload()}>
          {t('checkAgain')}
        </Button>
      }
    >
      <p>{explanation}</p>
      {noWebGpu && (
        <>
          <p>{t('works.heading')}</p>
          <ul>
            <li>{t.rich('works.browsers', { strong })}</li>
            <li>{t.rich('works.commandLine', { strong, code, command: 'aiprod generate --prompt "a red ball" --out clip.mp4' })}</li>
          </ul>
        </>
      )}
    </Message>
  );
}
