import { useTranslations } from 'use-intl';
import { useReasonWords } from '../i18n/use-reason-words';
import type { FieldIssue } from '../state/settings';
import { Button } from './Button';
import styles from './Field.module.css';

export interface FieldIssueLineProps {
  /** What the field is described by. */
  readonly id: string;
  readonly issue: FieldIssue | undefined;
  readonly onUse: (suggestion: string) => void;
}

/** Why a field cannot be used, and the nearest value that can. */
export function FieldIssueLine({ id, issue, onUse }: FieldIssueLineProps) {
  const t = useTranslations('fields');
  const words = useReasonWords();
  if (issue === undefined) return null;
  const { reason, suggestion } = issue;
  return (
    <div id={id} className={styles.issue} role="status">
      <span>{words(reason)}</span>
      {suggestion !== undefined && (
        <Button size="small" onClick={() => onUse(suggestion)}>
          {t('use', { value: suggestion })}
        </Button>
      )}
    </div>
  );
}
