import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { presetNames } from '../../pipelines';
import field from '../components/Field.module.css';
import { presetDraft } from '../state/advanced';
import { useStudio } from '../state/context';
import inputs from './Inputs.module.css';

/** Figures that suit a model, put into the fields at once, where each can still be changed. */
export function PresetField() {
  const t = useTranslations('compose.settings');
  const id = useId();
  const edit = useStudio((state) => state.edit);
  return (
    <div className={field.field}>
      <label htmlFor={id} className={field.label}>
        {t('preset')}
      </label>
      <select
        id={id}
        className={inputs.select}
        value=""
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          const name = presetNames.find((own) => own === event.target.value);
          if (name === undefined) return;
          const { fields, advanced } = presetDraft(name);
          edit({ ...fields, advanced });
        }}
      >
        <option value="">{t('presetNone')}</option>
        {presetNames.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <p id={`${id}-help`} className={field.help}>
        {t('presetHelp')}
      </p>
    </div>
  );
}
