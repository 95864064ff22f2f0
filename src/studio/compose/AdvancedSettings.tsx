import { useTranslations } from 'use-intl';
import type { ModelTraits } from '../../pipelines';
import { Icon } from '../components/Icon';
import { useStudio } from '../state/context';
import { advancedFields, advancedGroups, isOffered } from '../state/advanced';
import { AdvancedField } from './AdvancedField';
import styles from './AdvancedSettings.module.css';

/** Everything else that a job can say: nobody has to, and nothing is hidden. */
export function AdvancedSettings({ traits }: { readonly traits: ModelTraits }) {
  const t = useTranslations('compose.advanced');
  const advanced = useStudio((state) => state.draft.advanced);
  const said = advancedFields.filter((field) => (advanced[field] ?? '').trim() !== '').length;
  return (
    <details className={styles.advanced}>
      <summary className={styles.summary}>
        <Icon name="chevron" size={18} />
        <span className={styles.title}>{t('title')}</span>
        <span className={styles.said}>{t('said', { count: said })}</span>
      </summary>
      <div className={styles.groups}>
        {(['sampling', 'guidance', 'machine', 'parts'] as const).map((group) => (
          <fieldset key={group} className={styles.group}>
            <legend className={styles.legend}>{t(`groups.${group}`)}</legend>
            {advancedGroups[group]
              .filter((field) => isOffered(field, advanced, traits))
              .map((field) => (
                <AdvancedField key={field} field={field} />
              ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}
