import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useStudio } from '../state/context';
import { Button } from './Button';
import styles from './UpdateNotice.module.css';

export interface UpdateNoticeProps {
  /** Changes to the waiting version; undefined while there is none. */
  readonly applyUpdate: (() => void) | undefined;
}

/** Offers a new version, never while a job is at work, stands still or waits for its turn, and never by itself. */
export function UpdateNotice({ applyUpdate }: UpdateNoticeProps) {
  const t = useTranslations('shell.update');
  const busy = useStudio(({ queue }) => queue.some(({ state }) => state !== 'failed'));
  const hasClips = useStudio((state) => state.clips.length > 0);
  const [later, setLater] = useState(false);
  if (applyUpdate === undefined || busy || later) return null;
  return (
    <div className={styles.notice} role="status">
      <p>
        <strong>{t('ready')}</strong> {t(hasClips ? 'reloadsWithClips' : 'reloads')}
      </p>
      <div className={styles.actions}>
        <Button kind="quiet" size="small" onClick={() => setLater(true)}>
          {t('later')}
        </Button>
        <Button kind="primary" size="small" onClick={applyUpdate}>
          {t('apply')}
        </Button>
      </div>
    </div>
  );
}
