import { useTranslations } from 'use-intl';
import { Suspense, useCallback, useEffect, useId, useState } from 'react';
import { useReasonWords } from '../i18n/use-reason-words';
import { useProblemWords } from '../i18n/use-problem-words';
import { InputsSection } from '../compose/InputsSection';
import { PromptField } from '../compose/PromptField';
import { useShows, useStudio } from '../state/context';
import { reasonAgainst } from '../state/reason-against';
import { sizeKey, type Run } from '../state/studio-store';
import { Button } from './Button';
import { Icon } from './Icon';
import { ForecastWords } from './ForecastWords';
import { loadedLater } from './loaded-later';
import { ModelSection, useModelTitle } from './ModelSection';
import { OwnSoundSection } from './OwnSoundSection';
import { Settings } from './Settings';
import { useCommand } from '../commands/context';
import { WorkspaceBoundary } from './WorkspaceBoundary';
import styles from './Composer.module.css';

/** Loaded when it is first opened. */
const ModelManager = loadedLater(async () => (await import('../models/manager/ModelManager')).ModelManager);

/** What the person asks for: prompt, settings, and the one button. */
export function Composer() {
  const t = useTranslations('compose');
  const promptId = useId();
  const [showsModels, setShowsModels] = useState(false);
  const showModels = useCallback(() => setShowsModels(true), []);
  const environment = useStudio((state) => state.environment);
  const draft = useStudio((state) => state.draft);
  const run = useStudio((state) => state.run);
  const forecast = useStudio((state) => state.forecast);
  const { generate, stop } = useStudioActions();
  const showsChoice = useShows('models');
  const showsInputs = useShows('inputs');
  const showsSettings = useShows('settings');
  useCommand('generate.models', environment.status === 'ready' && showsChoice ? showModels : undefined);
  useForecast();

  const reason = useReasonAgainst();
  const running = run.status === 'running';
  const paused = useStudio((state) => state.queuePaused);
  /** Whether what is asked for now waits for its turn. */
  const queues = running || paused;
  const start = (): void => {
    if (reason === undefined) void generate();
  };
  return (
    <>
      <form
        className={styles.composer}
        aria-label={t('form')}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <div className={styles.scroll}>
          <PromptField reasonId={`${promptId}-reason`} onSubmit={start} />
          {environment.status === 'ready' && (
            <>
              {showsInputs && <InputsSection traits={environment.description.traits} />}
              {showsChoice && <ModelSection description={environment.description} onChange={showModels} />}
              {showsInputs && environment.description.model.makesSound && <OwnSoundSection traits={environment.description.traits} />}
              {showsSettings && <Settings description={environment.description} />}
            </>
          )}
          {environment.status === 'checking' && showsSettings && <SettingsSkeleton />}
        </div>
        <div className={styles.bar}>
          <p id={`${promptId}-reason`} className={styles.reason}>
            {reason ?? (running ? progressWords(run, t) : undefined)}
          </p>
          <ForecastWords forecast={forecast} />
          <div className={styles.buttons}>
            {running && (
              <Button size="large" icon="stop" aria-disabled={run.stopping} onClick={stop}>
                {run.stopping ? t('stopping') : t('stop')}
              </Button>
            )}
            <Button
              type="submit"
              kind={queues ? 'secondary' : 'primary'}
              size="large"
              aria-disabled={reason !== undefined}
              aria-describedby={`${promptId}-reason`}
              aria-keyshortcuts="Control+Enter"
            >
              {t(queues ? 'addToQueue' : 'generateMany', { count: Number(draft.count) || 1 })}
              <kbd className={styles.keys} aria-hidden="true">
                Ctrl ↵
              </kbd>
            </Button>
          </div>
          {environment.status === 'ready' && environment.description.adapter.isSoftware && !queues && (
            <p className={styles.software}>
              <Icon name="chip" size={16} />
              {t('software')}
            </p>
          )}
        </div>
      </form>
      {environment.status === 'ready' && showsChoice && showsModels && (
        <WorkspaceBoundary isPart>
          <Suspense fallback={null}>
            <ModelManager description={environment.description} onClose={() => setShowsModels(false)} />
          </Suspense>
        </WorkspaceBoundary>
      )}
    </>
  );
}

function useStudioActions() {
  const generate = useStudio((state) => state.generate);
  const stop = useStudio((state) => state.stop);
  return { generate, stop };
}

/** Asks what the job will need, a moment after the settings that decide it stood still. */
function useForecast(): void {
  const updateForecast = useStudio((state) => state.updateForecast);
  const ready = useStudio((state) => state.environment.status === 'ready' && state.run.status !== 'running');
  const size = useStudio(sizeKey);
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => void updateForecast(), 400);
    return () => clearTimeout(timer);
  }, [ready, size, updateForecast]);
}

/** Why Generate cannot be pressed, or undefined. */
function useReasonAgainst(): string | undefined {
  const modelTitle = useModelTitle();
  const wordsOf = useProblemWords();
  const reasonWords = useReasonWords();
  return useStudio((state) => {
    const reason = reasonAgainst(state, { modelTitle, problemTitle: (problem) => wordsOf(problem).title });
    return reason === undefined ? undefined : reasonWords(reason);
  });
}

type Words = ReturnType<typeof useTranslations<'compose'>>;

function progressWords({ stopping, timing: { stage, step, steps } }: Extract<Run, { status: 'running' }>, t: Words): string {
  if (stopping) return t('finishingStep');
  return stage === 'denoise' && steps > 0 ? t('stepOf', { step, steps }) : t('stoppingKeeps');
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
