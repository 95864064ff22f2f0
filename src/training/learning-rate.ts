/** A learning rate over the steps of a run; names and values of diffusers' and transformers' `get_scheduler`. */
export type LearningRateSchedule = {
  /** Rate that warm-up goes up to. */
  readonly rate: number;
  /** Steps over which the rate goes up linearly from 0. Default 0. */
  readonly warmupSteps?: number;
} & ScheduleShape;

type ScheduleShape =
  | { readonly type: 'constant' }
  /** Falls linearly. */
  | ({ readonly type: 'linear' } & Falling)
  /** Falls along `cycles` cosines: half a one (default) ends at the least rate. */
  | ({ readonly type: 'cosine'; readonly cycles?: number } & Falling)
  /** Falls along half a cosine `cycles` times (default once), each from the whole rate. */
  | ({ readonly type: 'cosine_with_restarts'; readonly cycles?: number } & Falling)
  /** Falls to `endRate` (default 1e-7) by a power (default 1) of what is left. */
  | { readonly type: 'polynomial'; readonly totalSteps: number; readonly endRate?: number; readonly power?: number }
  /** Stays for some steps after warm-up, then falls (Hu et al. 2024, "MiniCPM"). */
  | {
      readonly type: 'warmup_stable_decay';
      readonly stableSteps: number;
      readonly decaySteps: number;
      readonly decay?: 'linear' | 'cosine' | '1-sqrt';
      readonly minimumShare?: number;
    };

interface Falling {
  /** Steps of the run, warm-up among them. */
  readonly totalSteps: number;
  /** Share of the rate that is left at the end. Default 0. */
  readonly minimumShare?: number;
}

/** The learning rate of a step. @param step counts from 0: steps done before it */
export function learningRateAt(schedule: LearningRateSchedule, step: number): number {
  const { rate, warmupSteps = 0 } = schedule;
  if (step < warmupSteps) return rate * warmup(schedule, step / warmupSteps);
  return rate * shareAt(schedule, step - warmupSteps, warmupSteps);
}

/** Warm-up of a schedule that ends at a least rate begins there too where its reference does. */
function warmup(schedule: LearningRateSchedule, progress: number): number {
  return schedule.type === 'warmup_stable_decay' ? raised(progress, schedule.minimumShare) : progress;
}

/** @param step steps since warm-up */
function shareAt(schedule: LearningRateSchedule, step: number, warmupSteps: number): number {
  switch (schedule.type) {
    case 'constant':
      return 1;
    case 'linear':
      return raised(Math.max(0, 1 - progressOf(schedule, step, warmupSteps)), schedule.minimumShare);
    case 'cosine': {
      const angle = Math.PI * 2 * (schedule.cycles ?? 0.5) * progressOf(schedule, step, warmupSteps);
      return raised(Math.max(0, 0.5 * (1 + Math.cos(angle))), schedule.minimumShare);
    }
    case 'cosine_with_restarts': {
      const progress = progressOf(schedule, step, warmupSteps);
      const share = progress >= 1 ? 0 : 0.5 * (1 + Math.cos(Math.PI * (((schedule.cycles ?? 1) * progress) % 1)));
      return raised(share, schedule.minimumShare);
    }
    case 'polynomial': {
      const { rate, totalSteps, endRate = 1e-7, power = 1 } = schedule;
      if (step + warmupSteps > totalSteps) return endRate / rate;
      const left = 1 - step / (totalSteps - warmupSteps);
      return ((rate - endRate) * left ** power + endRate) / rate;
    }
    case 'warmup_stable_decay': {
      const { stableSteps, decaySteps, decay = 'cosine', minimumShare = 0 } = schedule;
      if (step < stableSteps) return 1;
      if (step >= stableSteps + decaySteps) return minimumShare;
      return raised(decayShares[decay]((step - stableSteps) / decaySteps), minimumShare);
    }
  }
}

const decayShares = {
  linear: (progress: number): number => 1 - progress,
  cosine: (progress: number): number => 0.5 * (1 + Math.cos(Math.PI * progress)),
  '1-sqrt': (progress: number): number => 1 - Math.sqrt(progress),
};

function progressOf({ totalSteps }: Falling, step: number, warmupSteps: number): number {
  return step / Math.max(1, totalSteps - warmupSteps);
}

/** A share from 0 to 1 as one from the least one to 1. */
function raised(share: number, minimumShare = 0): number {
  return share * (1 - minimumShare) + minimumShare;
}
