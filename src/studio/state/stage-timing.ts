import { pipelineStages, type PipelineStage, type ProgressEvent } from '../../pipelines';

type Progress = Extract<ProgressEvent, { kind: 'progress' }>;

/** Seconds a stage took. */
export type StageSeconds = Readonly<Partial<Record<PipelineStage, number>>>;

/** Where a run stands, stage by stage. Times are milliseconds of a monotonic clock. */
export interface StageTiming {
  readonly stage: PipelineStage;
  readonly step: number;
  readonly steps: number;
  readonly stageStartedAt: number;
  /** Share of the stage's work that is done, 0 to 1: as the pipeline counts it, else that of its steps. */
  readonly share: number;
  /** The share at which the stage was entered: a resumed run does not begin at 0. */
  readonly firstShare: number;
  readonly lastEventAt: number;
  /** Seconds left of the whole job as the pipeline sees it, at `lastEventAt`. */
  readonly etaSeconds?: number;
  readonly finished: StageSeconds;
}

export function beginTiming(now: number): StageTiming {
  return { stage: 'load', step: 0, steps: 0, stageStartedAt: now, share: 0, firstShare: 0, lastEventAt: now, finished: {} };
}

/** Takes in what the pipeline says. */
export function advanceTiming(timing: StageTiming, event: Progress, now: number): StageTiming {
  const { stage, step, steps, etaSeconds } = event;
  const share = event.share ?? (steps > 0 ? step / steps : 0);
  if (stage === timing.stage)
    return { ...timing, step, steps, share, etaSeconds, lastEventAt: now, firstShare: timing.steps === 0 ? share : timing.firstShare };
  const seconds = (now - timing.stageStartedAt) / 1000;
  return {
    stage,
    step,
    steps,
    etaSeconds,
    stageStartedAt: now,
    share,
    firstShare: share,
    lastEventAt: now,
    finished: { ...timing.finished, [timing.stage]: (timing.finished[timing.stage] ?? 0) + seconds },
  };
}

/** Seconds of every stage once the run is over. */
export function endTiming(timing: StageTiming, now: number): StageSeconds {
  return { ...timing.finished, [timing.stage]: (timing.finished[timing.stage] ?? 0) + (now - timing.stageStartedAt) / 1000 };
}

export interface StageView {
  readonly stage: PipelineStage;
  readonly state: 'done' | 'active' | 'waiting';
  /** Share of the stage that is done, 0 to 1; undefined while unknown. */
  readonly share?: number;
  /** Seconds it took (done), or seconds that are left or expected (active, waiting); undefined while unknown. */
  readonly seconds?: number;
}

/**
 * The rail of stages: durations of those that are done, time left of the one at work from its measured steps, and for those to
 * come what they took in the run before (`before`), when there was one of the same size.
 */
export function stageViews(timing: StageTiming, before: StageSeconds, now: number): StageView[] {
  const active = pipelineStages.indexOf(timing.stage);
  return pipelineStages.map((stage, index) => {
    if (index < active) return { stage, state: 'done', share: 1, seconds: timing.finished[stage] };
    if (index > active) return { stage, state: 'waiting', share: 0, seconds: before[stage] };
    return {
      stage,
      state: 'active',
      share: timing.steps > 0 ? timing.share : undefined,
      seconds: secondsLeftInStage(timing, before[stage], now),
    };
  });
}

function secondsLeftInStage(timing: StageTiming, before: number | undefined, now: number): number | undefined {
  const measured = timing.share - timing.firstShare;
  const sinceEvent = (now - timing.lastEventAt) / 1000;
  if (measured > 0) {
    const whole = (timing.lastEventAt - timing.stageStartedAt) / 1000 / measured;
    return Math.max(0, whole * (1 - timing.share) - sinceEvent);
  }
  return before === undefined ? undefined : Math.max(0, before - (now - timing.stageStartedAt) / 1000);
}

/** Seconds until the clip is there: the pipeline's own figure, else what the run before took. */
export function secondsLeft(timing: StageTiming, before: StageSeconds, now: number): number | undefined {
  if (timing.etaSeconds !== undefined) return Math.max(0, timing.etaSeconds - (now - timing.lastEventAt) / 1000);
  const parts = stageViews(timing, before, now).filter((view) => view.state !== 'done');
  return parts.every((view) => view.seconds !== undefined) ? parts.reduce((sum, view) => sum + (view.seconds ?? 0), 0) : undefined;
}
