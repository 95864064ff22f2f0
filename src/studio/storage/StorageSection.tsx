import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../components/Button';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import field from '../components/Field.module.css';
import styles from '../projects/ProjectMenu.module.css';

/** What this page stores in the browser, and whether it stays. */
export function StorageSection() {
  const t = useTranslations('storage');
  const units = useUnits();
  const headingId = useId();
  const report = useStudio((state) => state.storageReport);
  const lasting = useStudio((state) => state.lasting);
  const persistence = useStudio((state) => state.persistence);
  const problem = useStudio((state) => state.storageProblem);
  const removeUnusedFiles = useStudio((state) => state.removeUnusedFiles);
  return (
    <section aria-labelledby={headingId} className={styles.storage}>
      <h3 id={headingId} className={field.label}>
        {t('title')}
      </h3>
      {report !== undefined && (
        <ul className={styles.figures}>
          <li>{t('files', { count: report.fileCount, bytes: units.bytes(report.files) })}</li>
          {report.used !== undefined && <li>{t('used', { used: units.bytes(report.used) })}</li>}
          <li>{lasting === false ? t('notLasting') : t(`persistence.${persistence}`)}</li>
          {report.unused > 0 && (
            <li>
              {t('unused', { bytes: units.bytes(report.unused) })}{' '}
              <Button size="small" icon="trash" onClick={() => void removeUnusedFiles()}>
                {t('removeUnused')}
              </Button>
            </li>
          )}
        </ul>
      )}
      {problem !== undefined && (
        <p className={field.issue} role="alert">
          {problem.report}
        </p>
      )}
    </section>
  );
}
