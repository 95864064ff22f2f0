import { useId, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { GeneratorDescription } from '../../pipelines';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import { Button } from './Button';
import { Icon } from './Icon';
import section from './FormSection.module.css';
import named from './Named.module.css';
import styles from './ModelSection.module.css';

/** How models are called before people. */
export function useModelTitle(): (name: string) => string {
  const t = useTranslations('models');
  return (name) => (name === 'embedded' ? t('builtIn') : name);
}

export interface ModelSectionProps {
  readonly description: GeneratorDescription;
  /** Shows the models at hand. */
  readonly onChange: () => void;
}

/** The model that runs use: what it is, and the way to another. */
export function ModelSection({ description, onChange }: ModelSectionProps) {
  const t = useTranslations('models');
  const { bytes } = useUnits();
  const modelTitle = useModelTitle();
  const headingId = useId();
  const work = useStudio((state) => state.modelWork);
  const licence = useStudio((state) => state.models.find(({ name }) => name === state.model)?.licence);
  const { name, family, weightBytes, makesSound } = description.model;
  return (
    <section className={section.section} aria-labelledby={headingId}>
      <h2 id={headingId} className={section.title}>
        {t('heading')}
      </h2>
      <button
        type="button"
        className={styles.card}
        aria-haspopup="dialog"
        aria-describedby={`${headingId}-facts`}
        aria-label={t('change', { name: modelTitle(name) })}
        onClick={onChange}
      >
        <span className={styles.badge}>
          <Icon name="model" size={22} />
        </span>
        <span className={named.words}>
          <span className={named.name}>{work.status === 'opening' ? t('opening', { name: modelTitle(work.name) }) : modelTitle(name)}</span>
          <Facts id={`${headingId}-facts`}>
            {[family, bytes(weightBytes), t(makesSound ? 'pictureAndSound' : 'picture'), licence ?? t('noLicence')]}
          </Facts>
        </span>
        <Icon name="chevron" size={18} />
      </button>
      <FetchingModel />
      <EarlierFolder />
    </section>
  );
}

/** A download that goes on while nobody looks at the models. */
function FetchingModel() {
  const t = useTranslations('models');
  const { percent } = useUnits();
  const fetching = useStudio((state) => state.fetchingModel);
  if (fetching === undefined) return null;
  const { name, share } = fetching;
  return (
    <p className={styles.fetching}>{share === undefined ? t('fetching', { name }) : t('fetchingShare', { name, share: percent(share) })}</p>
  );
}

/** The folder that was opened last on earlier visits: a browser lets the page read it only when the person says so again. */
function EarlierFolder() {
  const t = useTranslations('models');
  const folder = useStudio((state) => state.folders[0]);
  const openKnownFolder = useStudio((state) => state.openKnownFolder);
  const locked = useStudio((state) => state.run.status === 'running' || state.modelWork.status === 'opening');
  if (folder === undefined) return null;
  return (
    <div className={styles.earlier}>
      <p role="status">
        {t.rich(folder.refused ? 'earlierRefused' : 'earlier', { name: folder.name, strong: (words) => <strong>{words}</strong> })}
      </p>
      <Button size="small" icon="folder" aria-disabled={locked} onClick={() => !locked && void openKnownFolder(folder.id)}>
        {t('openAgain')}
      </Button>
    </div>
  );
}

/** Short facts in a row. */
export function Facts({ id, children }: { readonly id?: string; readonly children: readonly ReactNode[] }) {
  return (
    <span id={id} className={styles.facts}>
      {children.map((fact, at) => (
        // The list of a model's facts never changes its order.
        <span key={at}>{fact}</span>
      ))}
    </span>
  );
}
