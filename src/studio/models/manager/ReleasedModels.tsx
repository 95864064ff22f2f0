import { useTranslations } from 'use-intl';
import { outlinePrefix, outlineTitles, type OutlineName } from '../../../pipelines';
import { Button } from '../../components/Button';
import { NeedsWords } from './NeedsWords';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

const outlines: readonly OutlineName[] = ['ltx-video-2b', 'ltx-video-13b', 'ltx-2-19b', 'ltx-2-19b-fp8', 'ltx-2-19b-int4'];

/** Whether released models would fit into this machine, before anything is looked up. */
export function ReleasedModels() {
  const t = useTranslations('models.fit');
  const needs = useManager((state) => state.needs);
  const askNeeds = useManager((state) => state.askNeeds);
  return (
    <details className={styles.folded}>
      <summary>{t('title')}</summary>
      <p className={field.help}>{t('help')}</p>
      <ul className={styles.fits}>
        {outlines.map((name) => {
          const own = needs[outlinePrefix + name];
          return (
            <li key={name} className={styles.fit}>
              <div className={styles.fitHead}>
                <span>{outlineTitles[name]}</span>
                <Button
                  size="small"
                  aria-disabled={own?.status === 'checking'}
                  aria-label={t('check', { name: outlineTitles[name] })}
                  onClick={() => void askNeeds(outlinePrefix + name)}
                >
                  {own?.status === 'checking' ? t('checking') : t('title')}
                </Button>
              </div>
              {own?.status !== 'checking' && <NeedsWords needs={own} tellsUnknown />}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
