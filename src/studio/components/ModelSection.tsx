import { useId, type ReactNode } from 'react';
import type { GeneratorDescription } from '../../pipelines';
import { useStudio } from '../state/context';
import { formatBytes } from '../state/stage-timing';
import { Button } from './Button';
import { Icon } from './Icon';
import styles from './ModelSection.module.css';

/** How a model is called before people. */
export function modelTitle(name: string): string {
  return name === 'embedded' ? 'Built-in model' : name;
}

export interface ModelSectionProps {
  readonly description: GeneratorDescription;
  /** Shows the models at hand. */
  readonly onChange: () => void;
}

/** The model that runs use: what it is, and the way to another. */
export function ModelSection({ description, onChange }: ModelSectionProps) {
  const headingId = useId();
  const work = useStudio((state) => state.modelWork);
  const licence = useStudio((state) => state.models.find(({ name }) => name === state.model)?.licence);
  const { name, family, weightBytes, makesSound } = description.model;
  return (
    <section className={styles.section} aria-labelledby={headingId}>
      <h2 id={headingId} className={styles.title}>
        Model
      </h2>
      <button
        type="button"
        className={styles.card}
        aria-haspopup="dialog"
        aria-describedby={`${headingId}-facts`}
        aria-label={`${modelTitle(name)}. Change the model`}
        onClick={onChange}
      >
        <span className={styles.badge}>
          <Icon name="model" size={22} />
        </span>
        <span className={styles.words}>
          <span className={styles.name}>{work.status === 'opening' ? `Opening ${modelTitle(work.name)}` : modelTitle(name)}</span>
          <Facts id={`${headingId}-facts`}>
            {[family, formatBytes(weightBytes), makesSound ? 'picture and sound' : 'picture', licence ?? 'licence not stated']}
          </Facts>
        </span>
        <Icon name="chevron" size={18} />
      </button>
      <EarlierFolder />
    </section>
  );
}

/** What is said of a folder that the browser was asked for in vain. */
export const refusedWords = 'the browser was not allowed to read it; press to be asked again';

/** The folder that was opened last on earlier visits: a browser lets the page read it only when the person says so again. */
function EarlierFolder() {
  const folder = useStudio((state) => state.folders[0]);
  const openKnownFolder = useStudio((state) => state.openKnownFolder);
  const locked = useStudio((state) => state.run.status === 'running' || state.modelWork.status === 'opening');
  if (folder === undefined) return null;
  return (
    <div className={styles.earlier}>
      <p role="status">
        <strong>{folder.name}</strong>
        {folder.refused ? `: ${refusedWords}.` : ' was open on your last visit. The browser asks before the page may read it again.'}
      </p>
      <Button size="small" icon="folder" aria-disabled={locked} onClick={() => !locked && void openKnownFolder(folder.id)}>
        Open it again
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
