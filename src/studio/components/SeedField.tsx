import { useId } from 'react';
import { numberIssue, randomSeed, type NumberRange } from '../state/settings';
import { useStudio } from '../state/context';
import { IconButton } from './Button';
import styles from './Field.module.css';

/** The seed: typed, thrown by the dice, locked to repeat a clip. */
export function SeedField({ range }: { readonly range: NumberRange }) {
  const id = useId();
  const value = useStudio((state) => state.draft.seed);
  const locked = useStudio((state) => state.draft.seedLocked);
  const edit = useStudio((state) => state.edit);
  const issue = numberIssue('seed', value, range);
  return (
    <div className={styles.field} data-invalid={issue !== undefined}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          Seed
        </label>
        <span className={styles.meaning}>{locked ? 'locked' : 'new for each clip'}</span>
      </div>
      <div className={styles.controls}>
        <div className={styles.number}>
          <input
            id={id}
            type="number"
            inputMode="numeric"
            min={range.min}
            max={range.max}
            step={1}
            value={value}
            aria-invalid={issue !== undefined}
            aria-describedby={`${id}-help${issue === undefined ? '' : ` ${id}-issue`}`}
            // Whoever types a seed wants that one.
            onChange={(event) => edit({ seed: event.target.value, seedLocked: true })}
          />
        </div>
        <IconButton icon="dice" label="Throw a new seed" onClick={() => edit({ seed: String(randomSeed()) })} />
        <IconButton
          icon={locked ? 'lock' : 'unlock'}
          label="Lock the seed"
          aria-pressed={locked}
          onClick={() => edit({ seedLocked: !locked })}
        />
      </div>
      <p id={`${id}-help`} className={styles.help}>
        The number the noise grows from. Lock it to make the same clip again, or to change one thing at a time.
      </p>
      {issue !== undefined && (
        <div id={`${id}-issue`} className={styles.issue} role="status">
          {issue.message}
        </div>
      )}
    </div>
  );
}
