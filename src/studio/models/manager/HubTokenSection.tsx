import { useEffect, useId, useState, type FormEvent } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

/** The person's token of the hub, for models that only accounts may fetch: whether one is kept, a field for another, and the way to forget it. */
export function HubTokenSection() {
  const t = useTranslations('models.token');
  const id = useId();
  const format = useFormatter();
  const wordsOf = useProblemWords();
  const token = useManager((state) => state.token);
  const askToken = useManager((state) => state.askToken);
  const keepToken = useManager((state) => state.keepToken);
  const forgetToken = useManager((state) => state.forgetToken);
  const [typed, setTyped] = useState('');
  useEffect(() => void askToken(), [askToken]);
  const idle = typed.trim() === '';
  const keep = (event: FormEvent): void => {
    event.preventDefault();
    if (idle) return;
    void keepToken(typed);
    // From here on the worker has it, and nothing else.
    setTyped('');
  };
  return (
    <details className={styles.folded}>
      <summary>{t('title')}</summary>
      <p className={field.help}>{t('help')}</p>
      <div className={styles.kept} role="status">
        {token.status === 'kept' && (
          <>
            <Icon name="check" size={18} />
            <span>{t('kept', { day: format.dateTime(new Date(token.since), { dateStyle: 'medium' }) })}</span>
            <Button size="small" icon="trash" onClick={() => void forgetToken()}>
              {t('forget')}
            </Button>
          </>
        )}
        {token.status === 'none' && t('none')}
      </div>
      {token.status === 'failed' && (
        <p className={field.issue} role="alert">
          {wordsOf(token.problem).title}. {token.problem.report}
        </p>
      )}
      <form className={styles.lookUp} onSubmit={keep}>
        <label htmlFor={id} className={field.label}>
          {t('label')}
        </label>
        <div className={styles.address}>
          <input
            id={id}
            className={field.text}
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button type="submit" icon="save" aria-disabled={idle}>
            {t('keep')}
          </Button>
        </div>
      </form>
    </details>
  );
}
