import { useId } from 'react';
import { BROADCAST_LOUDNESS, WEB_LOUDNESS } from '../../audio';
import { loudnessIssue } from '../state/settings';
import { useStudio } from '../state/context';
import { Button } from './Button';
import field from './Field.module.css';
import styles from './LoudnessField.module.css';

const targets = [
  { name: 'As it is', loudness: '' },
  { name: 'Web', loudness: String(WEB_LOUDNESS.loudness) },
  { name: 'Broadcast', loudness: String(BROADCAST_LOUDNESS.loudness) },
] as const;

/** How loud the sound of the clip is made: left alone, a usual target, or any other. */
export function LoudnessField() {
  const id = useId();
  const value = useStudio((state) => state.draft.loudness);
  const edit = useStudio((state) => state.edit);
  const issue = loudnessIssue(value);
  const suggestion = issue?.suggestion;
  return (
    <div className={field.field} data-invalid={issue !== undefined}>
      <div className={field.head}>
        <label htmlFor={id} className={field.label}>
          Loudness
        </label>
        <span className={field.meaning}>{value.trim() === '' ? 'as it is' : ''}</span>
      </div>
      <div className={styles.controls}>
        <div className={styles.targets} role="group" aria-label="Usual loudness">
          {targets.map(({ name, loudness }) => (
            <button
              key={name}
              type="button"
              className={styles.target}
              aria-pressed={value.trim() === loudness}
              onClick={() => edit({ loudness })}
            >
              {name}
            </button>
          ))}
        </div>
        <div className={field.number}>
          <input
            id={id}
            type="text"
            autoComplete="off"
            placeholder="off"
            value={value}
            aria-invalid={issue !== undefined}
            aria-describedby={`${id}-help${issue === undefined ? '' : ` ${id}-issue`}`}
            onChange={(event) => edit({ loudness: event.target.value })}
          />
          <span className={field.unit} aria-hidden="true">
            LUFS
          </span>
        </div>
      </div>
      <p id={`${id}-help`} className={field.help}>
        The whole sound is turned up or down to this, its peaks kept below -1 dBTP. Platforms on the web play about {WEB_LOUDNESS.loudness}{' '}
        LUFS, broadcasting {BROADCAST_LOUDNESS.loudness}.
      </p>
      {issue !== undefined && (
        <div id={`${id}-issue`} className={field.issue} role="status">
          <span>{issue.message}</span>
          {suggestion !== undefined && (
            <Button size="small" onClick={() => edit({ loudness: suggestion })}>
              Use {suggestion}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
