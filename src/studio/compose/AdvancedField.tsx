import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { FieldIssueLine } from '../components/FieldIssueLine';
import styles from '../components/Field.module.css';
import { advancedIssue, advancedSettings, type AdvancedField as FieldName, type AdvancedKind } from '../state/advanced';
import { useStudio } from '../state/context';
import inputs from './Inputs.module.css';

/** One of the settings that most people never need; empty is what the model has. */
export function AdvancedField({ field }: { readonly field: FieldName }) {
  const t = useTranslations('compose.advanced');
  const id = useId();
  const value = useStudio((state) => state.draft.advanced[field] ?? '');
  const edit = useStudio((state) => state.edit);
  const advanced = useStudio((state) => state.draft.advanced);
  const setting: AdvancedKind = advancedSettings[field];
  const issue = advancedIssue(field, value);
  const change = (text: string): void => edit({ advanced: { ...advanced, [field]: text } });
  const common = {
    id,
    value,
    'aria-invalid': issue !== undefined,
    'aria-describedby': `${id}-help${issue === undefined ? '' : ` ${id}-issue`}`,
  };
  return (
    <div className={styles.field} data-invalid={issue !== undefined}>
      <label htmlFor={id} className={styles.label}>
        {t(`fields.${field}.label`)}
      </label>
      {setting.kind === 'choice' && (
        <select {...common} className={inputs.select} onChange={(event) => change(event.target.value)}>
          <option value="">{t('usual')}</option>
          {setting.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      )}
      {setting.kind === 'json' && (
        <textarea
          {...common}
          className={styles.text}
          rows={3}
          spellCheck={false}
          placeholder={t('usual')}
          onChange={(event) => change(event.target.value)}
        />
      )}
      {(setting.kind === 'number' || setting.kind === 'numbers' || setting.kind === 'text') && (
        <div className={styles.number}>
          <input
            {...common}
            type={setting.kind === 'number' ? 'number' : 'text'}
            autoComplete="off"
            placeholder={t('usual')}
            {...(setting.kind === 'number' ? { min: setting.min, max: setting.max, step: setting.step } : {})}
            onChange={(event) => change(event.target.value)}
          />
        </div>
      )}
      <p id={`${id}-help`} className={styles.help}>
        {t(`fields.${field}.help`)}
      </p>
      <FieldIssueLine id={`${id}-issue`} issue={issue} onUse={change} />
    </div>
  );
}
