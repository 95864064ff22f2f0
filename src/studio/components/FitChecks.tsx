import { useTranslations } from 'use-intl';
import { outlineTitles, type OutlineName } from '../../pipelines';
import { useProblemWords } from '../i18n/use-problem-words';
import { useUnits } from '../i18n/use-units';
import type { FitCheck } from '../models/model-actions';
import { useStudio } from '../state/context';
import { Button } from './Button';
import field from './Field.module.css';
import styles from './ModelDialog.module.css';

const outlines: readonly OutlineName[] = ['ltx-video-2b', 'ltx-video-13b', 'ltx-2-19b', 'ltx-2-19b-fp8', 'ltx-2-19b-int4'];

/** Whether released models would fit into this machine, before they are fetched: the reason, and the nearest that does. */
export function FitChecks() {
  const t = useTranslations('models.fit');
  const checks = useStudio((state) => state.fitChecks);
  const checkFit = useStudio((state) => state.checkFit);
  return (
    <section className={styles.way} aria-label={t('title')}>
      <h3 className={field.label}>{t('title')}</h3>
      <p className={field.help}>{t('help')}</p>
      <ul className={styles.list}>
        {outlines.map((name) => (
          <li key={name} className={styles.fit}>
            <div className={styles.fitHead}>
              <span>{outlineTitles[name]}</span>
              <Button
                size="small"
                aria-disabled={checks[name]?.status === 'checking'}
                aria-label={t('check', { name: outlineTitles[name] })}
                onClick={() => void checkFit(name)}
              >
                {checks[name]?.status === 'checking' ? t('checking') : t('title')}
              </Button>
            </div>
            <Answer check={checks[name]} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answer({ check }: { readonly check: FitCheck | undefined }) {
  const t = useTranslations('models.fit');
  const { bytes } = useUnits();
  const wordsOf = useProblemWords();
  const edit = useStudio((state) => state.edit);
  const hasLimit = useStudio((state) => state.memoryLimit.trim() !== '');
  if (check === undefined || check.status === 'checking') return null;
  if (check.status === 'failed') return <p className={field.issue}>{wordsOf(check.problem).title}</p>;
  const { memory, size } = check;
  if (memory.fits) {
    return (
      <p className={field.help} role="status">
        {t('needs', { ...size, total: bytes(memory.totalBytes), weights: bytes(memory.weightBytes) })}{' '}
        {memory.wholeBytes === undefined
          ? hasLimit || t('noLimit')
          : t('fits', { total: bytes(memory.totalBytes), whole: bytes(memory.wholeBytes) })}
      </p>
    );
  }
  const { nearest, limitBytes, weightBytes } = memory;
  return (
    <div className={field.issue} role="status">
      <span>
        {t('tooMuch', {
          reason: weightBytes > limitBytes ? 'weights' : 'frames',
          ...{ weights: bytes(weightBytes), limit: bytes(limitBytes) },
        })}{' '}
        {nearest === undefined ? t('none') : t('nearest', { ...nearest })}
      </span>
      {nearest !== undefined && (
        <Button
          size="small"
          onClick={() => edit({ width: String(nearest.width), height: String(nearest.height), frames: String(nearest.frames) })}
        >
          {t('use', { ...nearest })}
        </Button>
      )}
    </div>
  );
}
