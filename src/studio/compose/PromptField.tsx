import { lazy, Suspense, useDeferredValue, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../components/Button';
import field from '../components/Field.module.css';
import { examplePrompts } from '../example-prompts';
import { useStudio } from '../state/context';
import type { MarkedWords } from './PromptParts';
import styles from './PromptField.module.css';
import { DrawnPrompt, WildcardsButton } from './Wildcards';

const loadReading = () => import('./PromptReading');
const PromptReading = lazy(async () => ({ default: (await loadReading()).PromptReading }));

export interface PromptFieldProps {
  /** Of the element that says why no clip can be made. */
  readonly reasonId: string;
  readonly onSubmit: () => void;
}

/** The prompt, and beneath it what is understood of it. */
export function PromptField({ reasonId, onSubmit }: PromptFieldProps) {
  const t = useTranslations('compose');
  const tu = useTranslations('understanding');
  const id = useId();
  const mirror = useRef<HTMLDivElement>(null);
  const prompt = useStudio((state) => state.draft.prompt);
  const embedded = useStudio((state) => state.model === 'embedded');
  const edit = useStudio((state) => state.edit);
  const [marked, setMarked] = useState<MarkedWords>();
  const [enriched, setEnriched] = useState<{ readonly before: string; readonly after: string; readonly added: readonly string[] }>();
  // Typing goes before understanding.
  const settled = useDeferredValue(prompt);
  /** Ctrl or Command and Enter: a prompt may have lines of its own. */
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSubmit();
  };
  const surprise = (): void => {
    const others = examplePrompts.filter(({ text }) => text !== prompt);
    edit({ prompt: others[Math.floor(Math.random() * others.length)].text });
  };
  const enrich = async (): Promise<void> => {
    const fuller = (await loadReading()).enriched(prompt, embedded);
    setEnriched({ before: prompt, ...fuller });
    edit({ prompt: fuller.after });
  };
  return (
    <div className={styles.prompt}>
      <div className={field.head}>
        <label htmlFor={id} className={styles.label}>
          {t('prompt')}
        </label>
        <div className={styles.tools}>
          {embedded && (
            <Button kind="quiet" size="small" icon="dice" onClick={surprise}>
              {t('example')}
            </Button>
          )}
          <Button
            kind="quiet"
            size="small"
            icon="wand"
            aria-disabled={prompt.trim() === ''}
            onClick={() => prompt.trim() !== '' && void enrich()}
          >
            {tu('enrich')}
          </Button>
          <WildcardsButton />
        </div>
      </div>
      <div className={styles.writing}>
        <div ref={mirror} className={styles.mirror} aria-hidden="true">
          {marked === undefined || settled !== prompt ? (
            prompt
          ) : (
            <>
              {prompt.slice(0, marked.start)}
              <mark className={styles.mark} data-kind={marked.kind}>
                {prompt.slice(marked.start, marked.end)}
              </mark>
              {prompt.slice(marked.end)}
            </>
          )}
        </div>
        <textarea
          id={id}
          className={styles.text}
          rows={3}
          value={prompt}
          placeholder={embedded ? examplePrompts[0].text : t('promptPlaceholder')}
          aria-describedby={reasonId}
          onKeyDown={onKeyDown}
          onScroll={(event) => {
            if (mirror.current !== null) mirror.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onChange={(event) => edit({ prompt: event.target.value })}
        />
      </div>
      <DrawnPrompt />
      {enriched !== undefined && enriched.after === prompt && (
        <p className={styles.added} role="status">
          <span>{enriched.added.length === 0 ? tu('nothingAdded') : tu('added', { words: enriched.added.join(', ') })}</span>
          {enriched.added.length > 0 && (
            <Button size="small" icon="reset" onClick={() => edit({ prompt: enriched.before })}>
              {tu('takeBack')}
            </Button>
          )}
        </p>
      )}
      {settled.trim() !== '' && (
        <Suspense fallback={null}>
          <PromptReading prompt={settled} embedded={embedded} onMark={setMarked} />
        </Suspense>
      )}
    </div>
  );
}
