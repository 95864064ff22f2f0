import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Icon, type IconName } from './Icon';
import styles from './Message.module.css';

export interface MessageProps {
  readonly tone: 'calm' | 'danger' | 'caution';
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  /** What can be done about it. */
  readonly actions?: ReactNode;
  /** The error's own words, folded away. */
  readonly report?: string;
  /** Read out at once. */
  readonly urgent?: boolean;
}

/** A state of the stage in words: what happened, what it means, what can be done. */
export function Message({ tone, icon, title, children, actions, report, urgent = false }: MessageProps) {
  const t = useTranslations('problems');
  return (
    <div className={styles.place}>
      <div className={styles.message} data-tone={tone} role={urgent ? 'alert' : undefined}>
        <span className={styles.badge}>
          <Icon name={icon} size={26} />
        </span>
        <h2 className={styles.title}>{title}</h2>
        <div className={styles.words}>{children}</div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        {report !== undefined && (
          <details className={styles.report}>
            <summary>{t('report')}</summary>
            <p>{report}</p>
          </details>
        )}
      </div>
    </div>
  );
}
