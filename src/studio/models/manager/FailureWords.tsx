import { useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { useProblemWords } from '../../i18n/use-problem-words';
import type { TaskFailure } from './manager-store';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';

/** Why work on a model did not come to its end, in which file, and the way to try again. */
export function FailureWords({ failure, from }: { readonly failure: TaskFailure; readonly from: string | undefined }) {
  const t = useTranslations('models.failure');
  const wordsOf = useProblemWords();
  const goOn = useManager((state) => state.goOn);
  const verify = useManager((state) => state.verify);
  const mend = useManager((state) => state.mend);
  const { kind, name, path, problem } = failure;
  const { title, explanation } = wordsOf(problem);
  const retry = (): void => {
    if (kind === 'fetch' && from !== undefined) void goOn(name, from);
    if (kind === 'verify') void verify(name);
    if (kind === 'mend' && path !== undefined) void mend(name, path);
  };
  const strong = (words: React.ReactNode) => <strong>{words}</strong>;
  return (
    <div className={field.issue} role="alert">
      <span>
        {path === undefined ? t.rich('whole', { title, strong }) : t.rich('file', { path, title, strong })} {explanation}
      </span>
      {kind !== 'remove' && (kind !== 'fetch' || from !== undefined) && (
        <Button size="small" icon="reset" onClick={retry}>
          {t('retry')}
        </Button>
      )}
    </div>
  );
}
