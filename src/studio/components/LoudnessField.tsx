import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { useReasonWords } from '../i18n/use-reason-words';
import { BROADCAST_LOUDNESS, WEB_LOUDNESS } from '../../audio';
import { useUnits } from '../i18n/use-units';
import { loudnessIssue } from '../state/settings';
import { useStudio } from '../state/context';
import { Button } from './Button';
import field from './Field.module.css';
import segments from './Segments.module.css';
import styles from './LoudnessField.module.css';

const targets = [
  { name: 'asItIsTarget', loudness: '' },
  { name: 'web', loudness: String(WEB_LOUDNESS.loudness) },
  { name: 'broadcast', loudness: String(BROADCAST_LOUDNESS.loudness) },
] as const;

/** How loud the sound of the clip is made: left alone, a usual target, or any other. */
export function LoudnessField() {
  const t = useTranslations('fields');
  const words = useReasonWords();
  const { decimal } = useUnits();
  const id = useId();
  const value = useStudio((state) => state.draft.loudness);
  const edit = useStudio((state) => state.edit);
  const issue = loudnessIssue(value);
  const suggestion = issue?.suggestion;
  return (
    <div className={field.field} data-invalid={issue !== undefined}>
      <div className={field.head}>
        <label htmlFor={id} className={field.label}>
          {t('loudness.label')}
        </label>
        <span className={field.meaning}>{value.trim() === '' ? t('loudness.asItIs') : ''}</span>
      </div>
      <div className={styles.controls}>
        <div className={segments.segments} role="group" aria-label={t('loudness.targets')}>
          {targets.map(({ name, loudness }) => (
            <button
              key={name}
              type="button"
              className={segments.segment}
              aria-pressed={value.trim() === loudness}
              onClick={() => edit({ loudness })}
            >
              {t(`loudness.${name}`)}
            </button>
          ))}
        </div>
        <div className={field.number}>
          <input
            id={id}
            type="text"
            autoComplete="off"
            placeholder={t('loudness.placeholder')}
            value={value}
            aria-invalid={issue !== undefined}
            aria-describedby={`${id}-help${issue === undefined ? '' : ` ${id}-issue`}`}
            onChange={(event) => edit({ loudness: event.target.value })}
          />
          <span className={field.unit} aria-hidden="true">
            LUFS
          </span>
        </div>
      </div>
      <p id={`${id}-help`} className={field.help}>
        {t('loudness.help', {
          peak: decimal(WEB_LOUDNESS.truePeak, 1),
          web: decimal(WEB_LOUDNESS.loudness, 1),
          broadcast: decimal(BROADCAST_LOUDNESS.loudness, 1),
        })}
      </p>
      {issue !== undefined && (
        <div id={`${id}-issue`} className={field.issue} role="status">
          <span>{words(issue.reason)}</span>
          {suggestion !== undefined && (
            <Button size="small" onClick={() => edit({ loudness: suggestion })}>
              {t('use', { value: suggestion })}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
