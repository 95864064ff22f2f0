import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useCommand, useCommandRegistry } from '../commands';
import { Button, IconButton } from '../components/Button';
import { examplePrompts } from '../example-prompts';
import { useStudio } from '../state/context';
import type { StudioState } from '../state/studio-store';
import { rememberTour } from './tour-memory';
import styles from './Tour.module.css';

const steps = ['prompt', 'generate', 'watch', 'clip'] as const;
type Step = (typeof steps)[number];

/** Where a person stands on the way to a clip: the tour follows what is done, by its own buttons or without them. */
function stepOf({ draft, run, clips, workspace }: StudioState, clipsBefore: number): Step | undefined {
  if (workspace !== 'create') return undefined;
  if (clips.length > clipsBefore) return 'clip';
  if (run.status === 'running') return 'watch';
  return draft.prompt.trim() === '' ? 'prompt' : 'generate';
}

/** From a prompt to a clip in four steps, on a card beside the studio, which can be used all the while. */
export function Tour() {
  const [begun, setBegun] = useState<{ readonly clips: number; readonly focus: Element | null }>();
  const clips = useStudio((state) => state.clips.length);
  useCommand(
    'studio.tour',
    useCallback(() => setBegun({ clips, focus: document.activeElement }), [clips]),
  );
  if (begun === undefined) return null;
  const end = (): void => {
    rememberTour();
    setBegun(undefined);
    if (begun.focus instanceof HTMLElement) begun.focus.focus();
  };
  return <Card clipsBefore={begun.clips} onEnd={end} />;
}

function Card({ clipsBefore, onEnd }: { readonly clipsBefore: number; readonly onEnd: () => void }) {
  const t = useTranslations('tour');
  const headingId = useId();
  const step = useStudio((state) => stepOf(state, clipsBefore));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  if (step === undefined) return null;
  const at = steps.indexOf(step);
  return (
    <section className={styles.card} aria-labelledby={headingId}>
      <header className={styles.head}>
        <p className={styles.count}>{t('count', { step: at + 1, steps: steps.length })}</p>
        <IconButton icon="close" label={t('skip')} onClick={onEnd} />
      </header>
      <div aria-live="polite">
        <h2 id={headingId} ref={heading} tabIndex={-1} className={styles.title}>
          {t(`steps.${step}.title`)}
        </h2>
        <p className={styles.words}>{t(`steps.${step}.words`)}</p>
      </div>
      <StepAction step={step} onEnd={onEnd} />
    </section>
  );
}

/** What brings the tour to its next step. */
function StepAction({ step, onEnd }: { readonly step: Step; readonly onEnd: () => void }) {
  const t = useTranslations('tour');
  const edit = useStudio((state) => state.edit);
  const registry = useCommandRegistry();
  switch (step) {
    case 'prompt':
      return (
        <Button kind="primary" onClick={() => edit({ prompt: examplePrompts[0].text })}>
          {t('useExample')}
        </Button>
      );
    case 'generate':
      return (
        <Button kind="primary" icon="play" onClick={() => registry.run('generate.start')}>
          {t('generate')}
        </Button>
      );
    case 'watch':
      return null;
    case 'clip':
      return (
        <Button kind="primary" icon="check" onClick={onEnd}>
          {t('done')}
        </Button>
      );
  }
}
