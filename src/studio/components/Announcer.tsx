import { useStudio } from '../state/context';
import type { StudioState } from '../state/studio-store';
import styles from './Announcer.module.css';

/** Says the turns of a run to screen readers: not every step, which would drown everything else. */
export function Announcer() {
  const words = useStudio(announcement);
  return (
    <p className={styles.hidden} role="status" aria-live="polite" data-testid="announcement">
      {words}
    </p>
  );
}

function announcement({ run, clips, environment }: StudioState): string {
  if (environment.status === 'ready' && run.status === 'idle' && clips.length === 0) {
    return environment.description.adapter.isSoftware ? 'Ready. Software rendering: clips take longer.' : 'Ready.';
  }
  switch (run.status) {
    case 'running': {
      if (run.stopping) return 'Stopping.';
      const { stage, step, steps } = run.timing;
      if (stage !== 'denoise')
        return `${{ load: 'Loading the model', text: 'Reading the prompt', decode: 'Decoding', write: 'Writing the file' }[stage]}.`;
      return `Denoising, ${Math.floor((4 * step) / Math.max(1, steps)) * 25} percent.`;
    }
    case 'suspended':
      return run.reason === 'cancelled' ? `Stopped at step ${run.step} of ${run.steps}. Resume is offered.` : '';
    case 'idle':
      return clips.length > 0 ? `Clip ${clips[0].number} is ready.` : '';
    case 'failed':
      return '';
  }
}
