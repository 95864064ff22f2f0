import type { PipelineStage } from '../../pipelines';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import type { Run } from '../state/studio-store';
import { formatSeconds, secondsLeft, stageViews, type StageTiming } from '../state/stage-timing';
import { Screen } from './Screen';
import { StageRail } from './StageRail';
import { useNow } from './use-now';
import styles from './RunningStage.module.css';

const doing: Record<PipelineStage, string> = {
  load: 'Loading the model',
  text: 'Reading the prompt',
  denoise: 'Denoising',
  decode: 'Decoding the frames',
  write: 'Writing the file',
};

/** What the run is at, in one line. */
export function describeProgress({ stage, step, steps }: StageTiming): string {
  return stage === 'denoise' && steps > 0 ? `Denoising, step ${step} of ${steps}` : doing[stage];
}

/** A run at work: what the clip looks like so far, stages, time left. */
export function RunningStage({ run }: { readonly run: Extract<Run, { status: 'running' }> }) {
  const { job, timing, preview, stopping } = run;
  const before = useStudio((state) => state.lastSeconds);
  const now = Math.max(useNow(500), timing.lastEventAt);
  const left = secondsLeft(timing, before, now);
  const views = stageViews(timing, before, now);
  const activeShare = views.find((view) => view.state === 'active')?.share;
  return (
    <section className={styles.running} aria-label="Generating">
      <Screen
        width={job.width ?? 1}
        height={job.height ?? 1}
        overlay={preview === undefined ? <Waiting stage={timing.stage} /> : undefined}
      >
        {preview !== undefined && <PixelCanvas {...preview} label={`Rough preview after step ${preview.step}`} />}
      </Screen>
      <div className={styles.progress}>
        <div className={styles.line}>
          <div
            className={styles.now}
            role="progressbar"
            aria-label="Progress"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={activeShare === undefined ? undefined : Math.round(activeShare * 100)}
            aria-valuetext={describeProgress(timing)}
          >
            {stopping ? 'Stopping after this step' : describeProgress(timing)}
          </div>
          <p className={styles.left}>
            {left === undefined ? 'Measuring how long it takes' : left < 1 ? 'Almost there' : `About ${formatSeconds(left)} left`}
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
  return (
    <>
      <PixelCanvas className={styles.grain} width={noiseSize} height={noiseSize} pixels={noise} label="Noise, before the first preview" />
      <span className={styles.waiting}>{stage === 'denoise' ? 'The first preview comes soon' : doing[stage]}</span>
    </>
  );
}
