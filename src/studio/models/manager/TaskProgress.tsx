import { useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { useUnits } from '../../i18n/use-units';
import type { ModelTask } from './manager-store';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

/** How far the work on a model's files is, how fast it goes and how long it will take; stops it. */
export function TaskProgress({ task }: { readonly task: ModelTask }) {
  const t = useTranslations('models.task');
  const units = useUnits();
  const stop = useManager((state) => state.stop);
  const { kind, name, path, bytes, totalBytes, pace } = task;
  const words = [
    totalBytes === undefined ? units.bytes(bytes) : t('of', { bytes: units.bytes(bytes), total: units.bytes(totalBytes) }),
    ...(pace === undefined ? [] : [t('rate', { bytes: units.bytes(pace.bytesPerSecond) })]),
    ...(pace?.secondsLeft === undefined ? [] : [t('left', { time: units.duration(pace.secondsLeft) })]),
  ];
  return (
    <div className={styles.task}>
      <div className={styles.taskWords}>
        <progress
          className={styles.progress}
          aria-label={t(kind, { name })}
          {...(totalBytes === undefined ? {} : { value: bytes, max: Math.max(1, totalBytes) })}
        />
        <p className={field.help}>
          <span>{words.join(' · ')}</span>
          {path !== undefined && <span className={styles.path}>{path}</span>}
        </p>
      </div>
      <Button size="small" icon={kind === 'verify' ? 'stop' : 'pause'} onClick={() => void stop()}>
        {t(kind === 'verify' ? 'stop' : 'pause')}
      </Button>
    </div>
  );
}
