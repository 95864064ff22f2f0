import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { useReasonWords } from '../i18n/use-reason-words';
import { numberIssue, randomSeed, type NumberRange } from '../state/settings';
import { useStudio } from '../state/context';
import { IconButton } from './Button';
import styles from './Field.module.css';

/** The seed: typed, thrown by the dice, locked to repeat a clip. */
export function SeedField({ range }: { readonly range: NumberRange }) {
  const t = useTranslations('fields');
  const words = useReasonWords();
  const id = useId();
  const value = useStudio((state) => state.draft.seed);
  const locked = useStudio((state) => state.draft.seedLocked);
  const edit = useStudio((state) => state.edit);
  const issue = numberIssue('seed', value, range);
  return (
    <div className={styles.field} data-invalid={issue !== undefined}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {t('seed.label')}
        </label>
        <span className={styles.meaning}>{t(locked ? 'seed.locked' : 'seed.new')}</span>
      </div>
      <div className={styles.controls}>
        <div className={styles.number}>
          <input
            id={id}
            type="number"
            inputMode="numeric"
            min={range.min}
            max={range.max}
            step={1}
            value={value}
            aria-invalid={issue !== undefined}
            aria-describedby={`${id}-help${issue === undefined ? '' : ` ${id}-issue`}`}
            // Whoever types a seed wants that one.
            onChange={(event) => edit({ seed: event.target.value, seedLocked: true })}
          />
        </div>
        <IconButton icon="dice" label={t('seed.throw')} onClick={() => edit({ seed: String(randomSeed()) })} />
        <IconButton
          icon={locked ? 'lock' : 'unlock'}
          label={t('seed.lock')}
          aria-pressed={locked}
          onClick={() => edit({ seedLocked: !locked })}
        />
      </div>
      <p id={`${id}-help`} className={styles.help}>
        {t('seed.help')}
      </p>
      {issue !== undefined && (
        <div id={`${id}-issue`} className={styles.issue} role="status">
          {words(issue.reason)}
        </div>
      )}
    </div>
  );
}
