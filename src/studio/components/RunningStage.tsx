import { useTranslations } from 'use-intl';
import type { PipelineStage } from '../../pipelines';
import { useUnits } from '../i18n/use-units';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import type { Run } from '../state/studio-store';
import { secondsLeft, stageViews, type StageTiming } from '../state/stage-timing';
import { Screen } from './Screen';
import { StageRail } from './StageRail';
import { useNow } from './use-now';
import styles from './RunningStage.module.css';

/** Says what a run is at, in one line. */
export function useProgressWords(): (timing: StageTiming) => string {
  const t = useTranslations('run');
  return ({ stage, step, steps }) => (stage === 'denoise' && steps > 0 ? t('denoisingStep', { step, steps }) : t(`doing.${stage}`));
}

/** A run at work: what the clip looks like so far, stages, time left. */
export function RunningStage({ run }: { readonly run: Extract<Run, { status: 'running' }> }) {
  const { job, timing, preview, stopping } = run;
  const t = useTranslations('run');
  const { duration } = useUnits();
  const words = useProgressWords()(timing);
  const before = useStudio((state) => state.lastSeconds);
  const now = Math.max(useNow(500), timing.lastEventAt);
  const left = secondsLeft(timing, before, now);
  const views = stageViews(timing, before, now);
  const activeShare = views.find((view) => view.state === 'active')?.share;
  return (
    <section className={styles.running} aria-label={t('generating')}>
      <Screen
        width={job.width ?? 1}
        height={job.height ?? 1}
        overlay={preview === undefined ? <Waiting stage={timing.stage} /> : undefined}
      >
        {preview !== undefined && <PixelCanvas {...preview} label={t('preview', { step: preview.step })} />}
      </Screen>
      <div className={styles.progress}>
        <div className={styles.line}>
          <div
            className={styles.now}
            role="progressbar"
            aria-label={t('progress')}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={activeShare === undefined ? undefined : Math.round(activeShare * 100)}
            aria-valuetext={words}
          >
            {stopping ? t('stopping') : words}
          </div>
          <p className={styles.left}>
            {left === undefined ? t('measuring') : left < 1 ? t('almost') : t('left', { duration: duration(left) })}
          </p>
        </div>
        <StageRail views={views} />
      </div>
    </section>
  );
}

/** Side of the noise picture in pixels. */
const noiseSize = 64;

/** Grey noise: what every clip starts from. The numbers need not be good, only without a pattern (Numerical Recipes' LCG). */
const noise = greyNoise();

function greyNoise(): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(noiseSize * noiseSize * 4);
  let state = 1;
  for (let at = 0; at < pixels.length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels.fill(40 + (state >>> 25), at, at + 3);
    pixels[at + 3] = 255;
  }
  return pixels;
}

function Waiting({ stage }: { readonly stage: PipelineStage }) {
  const t = useTranslations('run');
  return (
    <>
      <PixelCanvas className={styles.grain} width={noiseSize} height={noiseSize} pixels={noise} label={t('noise')} />
      <span className={styles.waiting}>{stage === 'denoise' ? t('firstPreview') : t(`doing.${stage}`)}</span>
    </>
  );
}
