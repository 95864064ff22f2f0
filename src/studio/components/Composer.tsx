import { useEffect, useId, type KeyboardEvent } from 'react';
import { examplePrompts } from '../example-prompts';
import { useStudio } from '../state/context';
import { readDraft } from '../state/settings';
import { formatBytes } from '../state/stage-timing';
import type { Environment, Forecast, Run } from '../state/studio-store';
import { Button } from './Button';
import { Icon } from './Icon';
import { Settings } from './Settings';
import field from './Field.module.css';
import styles from './Composer.module.css';

/** What the person asks for: prompt, settings, and the one button. */
export function Composer() {
  const promptId = useId();
  const environment = useStudio((state) => state.environment);
  const draft = useStudio((state) => state.draft);
  const run = useStudio((state) => state.run);
  const forecast = useStudio((state) => state.forecast);
  const hasClips = useStudio((state) => state.clips.length > 0);
  const { edit, generate, stop } = useStudioActions();
  useForecast();

  const reason = reasonAgainst(environment, draft);
  const running = run.status === 'running';
  const start = (): void => {
    if (reason === undefined && !running) void generate();
  };
  /** Ctrl or Command and Enter: a prompt may have lines of its own. */
  const onPromptKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      start();
    }
  };
  const surprise = (): void => {
    const others = examplePrompts.filter(({ text }) => text !== draft.prompt);
    edit({ prompt: others[Math.floor(Math.random() * others.length)].text });
  };

  return (
    <form
      className={styles.composer}
      aria-label="Compose"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <div className={styles.scroll}>
        <div className={styles.prompt}>
          <div className={field.head}>
            <label htmlFor={promptId} className={styles.label}>
              Prompt
            </label>
            {hasClips && (
              <Button kind="quiet" size="small" icon="dice" onClick={surprise}>
                Example
              </Button>
            )}
          </div>
          <textarea
            id={promptId}
            className={styles.text}
            rows={3}
            value={draft.prompt}
            placeholder="a red ball bouncing up and down on grass by day"
            aria-describedby={`${promptId}-reason`}
            onKeyDown={onPromptKey}
            onChange={(event) => edit({ prompt: event.target.value })}
          />
        </div>
        {environment.status === 'ready' && <Settings description={environment.description} />}
        {environment.status === 'checking' && <SettingsSkeleton />}
      </div>
      <div className={styles.bar}>
        <p id={`${promptId}-reason`} className={styles.reason}>
          {running ? progressWords(run) : reason}
        </p>
        {!running && forecast.status !== 'unknown' && (
          <p className={styles.forecast} data-tone={forecast.status === 'refused' ? 'danger' : 'calm'}>
            {forecastWords(forecast)}
          </p>
        )}
        {running ? (
          <Button size="large" icon="stop" aria-disabled={run.stopping} onClick={stop}>
            {run.stopping ? 'Stopping' : 'Stop'}
          </Button>
        ) : (
          <Button
            type="submit"
            kind="primary"
            size="large"
            aria-disabled={reason !== undefined}
            aria-describedby={`${promptId}-reason`}
            aria-keyshortcuts="Control+Enter"
          >
            Generate
            <kbd className={styles.keys} aria-hidden="true">
              Ctrl ↵
            </kbd>
          </Button>
        )}
        {environment.status === 'ready' && environment.description.adapter.isSoftware && !running && (
          <p className={styles.software}>
            <Icon name="chip" size={16} />
            No graphics card is used: the processor does its work. Same clip, but slower.
          </p>
        )}
      </div>
    </form>
  );
}

function useStudioActions() {
  const edit = useStudio((state) => state.edit);
  const generate = useStudio((state) => state.generate);
  const stop = useStudio((state) => state.stop);
  return { edit, generate, stop };
}

/** Asks what the job will need, a moment after the settings that decide it stood still. */
function useForecast(): void {
  const updateForecast = useStudio((state) => state.updateForecast);
  const ready = useStudio((state) => state.environment.status === 'ready' && state.run.status !== 'running');
  const size = useStudio(({ draft }) => [draft.width, draft.height, draft.frames, Number(draft.guidanceScale) > 1].join(' '));
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => void updateForecast(), 400);
    return () => clearTimeout(timer);
  }, [ready, size, updateForecast]);
}

/** Why Generate cannot be pressed, or undefined. */
function reasonAgainst(environment: Environment, draft: Parameters<typeof readDraft>[0]): string | undefined {
  if (environment.status === 'unavailable') return `${environment.problem.title}, so no clip can be made here.`;
  if (environment.status === 'checking') return 'Looking for a graphics card';
  const reading = readDraft(draft, environment.description.traits);
  return reading.ok ? undefined : reading.reason;
}

function forecastWords(forecast: Exclude<Forecast, { status: 'unknown' }>): string {
  if (forecast.status === 'refused') return forecast.problem.report;
  const { totalBytes, weightBytes } = forecast.memory;
  return `Needs about ${formatBytes(totalBytes)} of graphics memory, ${formatBytes(weightBytes)} of it for the model.`;
}

function progressWords({ stopping, timing }: Extract<Run, { status: 'running' }>): string {
  if (stopping) return 'Finishing the step at hand';
  return timing.stage === 'denoise' && timing.steps > 0
    ? `Step ${timing.step} of ${timing.steps}. Stopping keeps what is done.`
    : 'Stopping keeps what is done.';
}

function SettingsSkeleton() {
  return (
    <div className={styles.skeleton} aria-hidden="true">
      {[0, 1, 2, 3, 4].map((row) => (
        <span key={row} />
      ))}
    </div>
  );
}
