import { useTranslations } from 'use-intl';
import { useUnits } from '../i18n/use-units';
import type { StageView } from '../state/stage-timing';
import styles from './StageRail.module.css';

/** The stages of a run side by side: what is done and how long it took, what is at work and how long it needs. */
export function StageRail({ views }: { readonly views: readonly StageView[] }) {
  const t = useTranslations('run');
  const timeWords = useTimeWords();
  return (
    <ol className={styles.rail}>
      {views.map(({ stage, state, share, seconds }) => (
        <li
          key={stage}
          className={styles.stage}
          data-state={state}
          data-stage={stage}
          data-unknown={state === 'active' && share === undefined}
        >
          <span className={styles.bar} style={{ '--share': share ?? 0 }} />
          <span className={styles.name}>{t(`stages.${stage}`)}</span>
          <span className={styles.time}>{timeWords(state, seconds)}</span>
        </li>
      ))}
    </ol>
  );
}

function useTimeWords(): (state: StageView['state'], seconds: number | undefined) => string {
  const t = useTranslations('run');
  const { duration } = useUnits();
  return (state, seconds) => {
    if (state === 'done') return seconds === undefined ? t('done') : duration(seconds);
    if (seconds === undefined) return state === 'active' ? t('atWork') : '';
    return t(state === 'active' ? 'expectedLeft' : 'expected', { duration: duration(seconds) });
  };
}
