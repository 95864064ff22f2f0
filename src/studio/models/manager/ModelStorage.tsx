import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import styles from './Manager.module.css';

/** What this page stores, how much more would fit, and whether it stays. */
export function ModelStorage() {
  const t = useTranslations('models.storage');
  const storage = useTranslations('storage');
  const { bytes } = useUnits();
  const report = useStudio((state) => state.storageReport);
  const lasting = useStudio((state) => state.lasting);
  const persistence = useStudio((state) => state.persistence);
  const models = useStudio((state) => state.models);
  const measureStorage = useStudio((state) => state.measureStorage);
  useEffect(() => void measureStorage(), [measureStorage]);
  if (report?.used === undefined || report.quota === undefined) return null;
  const { used, quota } = report;
  const inModels = models.reduce((sum, { origin, bytes: own = 0 }) => sum + (origin === 'stored' ? own : 0), 0);
  return (
    <div className={styles.storage}>
      <p className={styles.storageFigures}>
        <strong>{t('used', { used: bytes(used) })}</strong>
        <span>{t('models', { bytes: bytes(inModels) })}</span>
        <span>{t('free', { free: bytes(Math.max(0, quota - used)) })}</span>
      </p>
      <meter className={styles.meter} aria-label={t('label')} min={0} max={Math.max(1, quota)} value={used} />
      <p className={styles.storageStays}>{lasting === false ? storage('notLasting') : storage(`persistence.${persistence}`)}</p>
    </div>
  );
}
