import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { pipelineNames, type ModelTraits } from '../../pipelines';
import field from '../components/Field.module.css';
import { useStudio } from '../state/context';
import { pipelineOf } from './inputs';
import styles from './Inputs.module.css';

/** Which pipeline makes the clip: what the inputs speak of, unless the person says otherwise. */
export function PipelineField({ traits }: { readonly traits: ModelTraits }) {
  const t = useTranslations('compose.pipeline');
  const id = useId();
  const inputs = useStudio((state) => state.inputs);
  const own = useStudio((state) => state.draft.pipeline);
  const audio = useStudio((state) => traits.sound === true && state.ownSound.status === 'ready');
  const edit = useStudio((state) => state.edit);
  const { automatic, chosen } = pipelineOf(inputs, { audio, own, traits });
  // The page shows clips; sound alone is made by the command line.
  const offered = pipelineNames.filter((name) => name !== 'text-to-audio' && (traits.pipelines ?? pipelineNames).includes(name));
  return (
    <div className={field.field}>
      <label htmlFor={id} className={field.label}>
        {t('label')}
      </label>
      <select
        id={id}
        className={styles.select}
        value={own}
        aria-describedby={`${id}-help`}
        onChange={(event) => edit({ pipeline: offered.find((name) => name === event.target.value) ?? '' })}
      >
        <option value="">{t('automatic', { name: t(`names.${automatic}`) })}</option>
        {offered.map((name) => (
          <option key={name} value={name}>
            {t(`names.${name}`)}
          </option>
        ))}
      </select>
      <p id={`${id}-help`} className={field.help}>
        {t(`help.${chosen}`)}
      </p>
    </div>
  );
}
