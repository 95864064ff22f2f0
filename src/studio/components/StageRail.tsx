import type { PipelineStage } from '../../pipelines';
import { formatSeconds, type StageView } from '../state/stage-timing';
import styles from './StageRail.module.css';

const names: Record<PipelineStage, string> = { load: 'Load', text: 'Read prompt', denoise: 'Denoise', decode: 'Decode', write: 'Write' };

/** The stages of a run side by side: what is done and how long it took, what is at work and how long it needs. */
export function StageRail({ views }: { readonly views: readonly StageView[] }) {
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
          <span className={styles.name}>{names[stage]}</span>
          <span className={styles.time}>{timeWords(state, seconds)}</span>
        </li>
      ))}
    </ol>
  );
}

function timeWords(state: StageView['state'], seconds: number | undefined): string {
  if (state === 'done') return seconds === undefined ? 'done' : formatSeconds(seconds);
  if (seconds === undefined) return state === 'active' ? 'at work' : '';
  return `~ ${formatSeconds(seconds)}${state === 'active' ? ' left' : ''}`;
}
