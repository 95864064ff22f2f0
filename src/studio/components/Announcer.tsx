import { useTranslations } from 'use-intl';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import type { StudioState } from '../state/studio-store';
import styles from './Announcer.module.css';

/** Says the turns of a run, and what edits came to, to screen readers: not every step, which would drown everything else. */
export function Announcer() {
  const words = useAnnouncement();
  const { words: said, turn } = useStudio((state) => state.said);
  return (
    <>
      <p className={styles.hidden} role="status" aria-live="polite" data-testid="announcement">
        {words}
      </p>
      {/* What an edit came to: an element of its own for each, so that the same words are said again. */}
      <div className={styles.hidden} role="status" aria-live="polite" data-testid="said">
        <p key={turn}>{said}</p>
      </div>
    </>
  );
}

/** Steps in which progress is announced, as shares of the whole. */
const announcedShare = 1 / 4;

function useAnnouncement(): string {
  const t = useTranslations('run');
  const { percent } = useUnits();
  return useStudio(({ run, clips, environment }: StudioState) => {
    if (environment.status === 'ready' && run.status === 'idle' && clips.length === 0) {
      return t(environment.description.adapter.isSoftware ? 'said.readySoftware' : 'said.ready');
    }
    switch (run.status) {
      case 'running': {
        if (run.stopping) return t('said.stopping');
        const { stage, step, steps } = run.timing;
        if (stage !== 'denoise') return t('said.stage', { stage: t(`doing.${stage}`) });
        const share = Math.floor(step / Math.max(1, steps) / announcedShare) * announcedShare;
        return t('said.denoising', { share: percent(share) });
      }
      case 'suspended':
        return run.reason === 'cancelled' ? t('said.stoppedAt', { step: run.step, steps: run.steps }) : '';
      case 'idle':
        return clips.length > 0 ? t('said.clipReady', { number: clips[0].number }) : '';
      case 'failed':
        return '';
    }
  });
}
