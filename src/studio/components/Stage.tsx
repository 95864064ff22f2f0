import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import type { Problem } from '../state/problem';
import type { Run } from '../state/studio-store';
import { Button } from './Button';
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
  if (environment.status === 'unavailable') return <Unavailable problem={environment.problem} />;
  if (clip !== undefined) return <Player key={clip.id} clip={clip} />;
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
  const { job, preview, step, steps, reason } = run;
  const lost = reason === 'device-lost';
  const actions = (
    <>
      <Button kind="primary" icon="play" onClick={() => void resume()}>
        Resume
      </Button>
      <Button icon="close" onClick={discard}>
        Discard
      </Button>
    </>
  );
  if (lost) {
    return (
      <Message tone="caution" icon="chip" title="The graphics card went away" actions={actions} urgent>
        <p>The browser lost its connection: the driver restarted, the computer slept, or another program took over the card.</p>
        <p>
          <strong>Your clip is kept{steps > 1 ? ` at step ${step} of ${steps}` : ''}.</strong> Resume connects again and goes on from there;
          the result is the same.
        </p>
      </Message>
    );
  }
  return (
    <section className={styles.running} aria-label="Stopped">
      <Screen width={job.width ?? 1} height={job.height ?? 1} dimmed>
        {preview !== undefined && <PixelCanvas {...preview} label={`Rough preview after step ${preview.step}`} />}
      </Screen>
      <div className={styles.stopped}>
        <div>
          <h2 className={styles.now}>
            Stopped at step {step} of {steps}
          </h2>
          <p className={styles.left}>Resume goes on from here and gives the same clip as if it had never stopped.</p>
        </div>
        <div className={styles.actions}>{actions}</div>
      </div>
    </section>
  );
}

function Failed({ problem }: { readonly problem: Problem }) {
  const generate = useStudio((state) => state.generate);
  const discard = useStudio((state) => state.discard);
  return (
    <Message
      tone="danger"
      icon="alert"
      title={problem.title}
      report={problem.report === problem.explanation ? undefined : problem.report}
      urgent
      actions={
        <>
          <Button kind="primary" icon="reset" onClick={() => void generate()}>
            Try again
          </Button>
          <Button icon="close" onClick={discard}>
            Dismiss
          </Button>
        </>
      }
    >
      <p>{problem.explanation}</p>
    </Message>
  );
}

/** No clip can be made here: why, and what works instead. */
function Unavailable({ problem }: { readonly problem: Problem }) {
  const noWebGpu = problem.code === 'missing-feature' || problem.code === 'no-adapter';
  return (
    <Message
      tone="caution"
      icon="chip"
      title={problem.title}
      report={problem.report}
      urgent
      actions={
        <Button icon="reset" onClick={() => window.location.reload()}>
          Check again
        </Button>
      }
    >
      <p>{problem.explanation}</p>
      {noWebGpu && (
        <>
          <p>What works:</p>
          <ul>
            <li>
              <strong>Chrome or Edge 121 or newer</strong> on Windows, macOS, Linux, Android or ChromeOS
            </li>
            <li>
              <strong>The command line</strong>, with or without a graphics card:{' '}
              <code>aiprod generate --prompt &quot;a red ball&quot; --out clip.mp4</code>
            </li>
          </ul>
        </>
      )}
    </Message>
  );
}
