import { useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import {
  alternativesTo,
  replaced,
  type Doubt,
  type ModelVocabulary,
  type PartKind,
  type PromptPart,
  type Understanding,
} from '../../prompts';
import { Button } from '../components/Button';
import field from '../components/Field.module.css';
import { Icon } from '../components/Icon';
import { useStudio } from '../state/context';
import styles from './PromptParts.module.css';

/** Words of the prompt that are looked at now. */
export interface MarkedWords {
  readonly kind: PartKind | 'doubt';
  readonly start: number;
  readonly end: number;
}

export interface PromptPartsProps {
  readonly understanding: Understanding;
  readonly doubts: readonly Doubt[];
  readonly vocabulary: ModelVocabulary | undefined;
  readonly onMark: (words: MarkedWords | undefined) => void;
}

/** What is understood of a prompt: a chip for each part, which marks its words and changes them, and what is in doubt with ways out. */
export function PromptParts({ understanding, doubts, vocabulary, onMark }: PromptPartsProps) {
  const t = useTranslations('understanding');
  const { parts, prompt } = understanding;
  const edit = useStudio((state) => state.edit);
  const [opened, setOpened] = useState<number>();
  const shown = parts.find(({ id }) => id === opened);
  const change = (to: string): void => {
    setOpened(undefined);
    onMark(undefined);
    edit({ prompt: to });
  };
  const textOf = (id: number | undefined): string | undefined => parts.find((part) => part.id === id)?.text;
  return (
    <div className={styles.understanding}>
      {parts.length > 0 && (
        <ul className={styles.parts} aria-label={t('parts')}>
          {parts.map((part) => {
            const { id, kind, start, end, text, of } = part;
            const owner = textOf(of);
            return (
              <li key={id}>
                <button
                  type="button"
                  className={styles.part}
                  data-kind={kind}
                  aria-expanded={opened === id}
                  aria-label={
                    owner === undefined
                      ? t('part', { text, kind: t(`kinds.${kind}`) })
                      : t('partOf', { text, kind: t(`kinds.${kind}`), owner })
                  }
                  onMouseEnter={() => onMark({ kind, start, end })}
                  onMouseLeave={() => onMark(undefined)}
                  onFocus={() => onMark({ kind, start, end })}
                  onBlur={() => onMark(undefined)}
                  onClick={() => setOpened(opened === id ? undefined : id)}
                >
                  <span className={styles.kind} aria-hidden="true">
                    {t(`kinds.${kind}`)}
                  </span>
                  <span className={styles.words}>{text}</span>
                  {owner !== undefined && kind !== 'relation' && (
                    <span className={styles.owner} aria-hidden="true">
                      {owner}
                    </span>
                  )}
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {shown !== undefined && (
        <PartEditor
          key={`${shown.id} ${shown.text}`}
          part={shown}
          alternatives={alternativesTo(shown.kind, understanding.language, vocabulary)}
          onWords={(words) => change(replaced(prompt, shown.start, shown.end, words))}
        />
      )}
      {doubts.length > 0 && (
        <ul className={styles.doubts} aria-label={t('doubts')}>
          {doubts.map((doubt) => (
            <li
              key={`${doubt.kind} ${doubt.start}`}
              className={styles.doubt}
              onMouseEnter={() => onMark({ kind: 'doubt', start: doubt.start, end: doubt.end })}
              onMouseLeave={() => onMark(undefined)}
            >
              <Icon name="alert" size={16} />
              <span>{t(`doubt.${doubt.kind}`, { text: doubt.text, other: doubt.other ?? '', most: doubt.most ?? 0 })}</span>
              {doubt.suggestions.length > 0 && (
                <span className={styles.suggestions}>
                  {doubt.suggestions.slice(0, 3).map((suggestion) => (
                    <button
                      key={suggestion.prompt}
                      type="button"
                      className={styles.suggestion}
                      onFocus={() => onMark({ kind: 'doubt', start: doubt.start, end: doubt.end })}
                      onBlur={() => onMark(undefined)}
                      onClick={() => change(suggestion.prompt)}
                    >
                      {suggestion.words === '' ? t('leaveOut') : suggestion.words}
                    </button>
                  ))}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface PartEditorProps {
  readonly part: PromptPart;
  readonly alternatives: readonly string[];
  readonly onWords: (words: string) => void;
}

/** Other words for a part: chosen, typed, or none. */
function PartEditor({ part, alternatives, onWords }: PartEditorProps) {
  const t = useTranslations('understanding');
  const id = useId();
  const [words, setWords] = useState(part.text);
  return (
    <div className={styles.editor} role="group" aria-label={t('change', { text: part.text })}>
      <div className={styles.typing}>
        <div className={field.number}>
          <input
            id={id}
            type="text"
            autoComplete="off"
            aria-label={t('otherWords')}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              onWords(words.trim());
            }}
          />
        </div>
        <Button size="small" onClick={() => onWords(words.trim())}>
          {t('replace')}
        </Button>
        <Button size="small" kind="quiet" onClick={() => onWords('')}>
          {t('remove')}
        </Button>
      </div>
      {alternatives.length > 0 && (
        <div className={styles.suggestions}>
          {alternatives
            .filter((other) => other !== part.text)
            .map((other) => (
              <button key={other} type="button" className={styles.suggestion} onClick={() => onWords(other)}>
                {other}
              </button>
            ))}
        </div>
      )}
    </div>
  );
}
