import {
  calculateShift,
  flowMatchEulerConfigSchema,
  linearQuadraticSigmas,
  scheduleFrom,
  spacedSigmas,
  startStep,
  type Schedule,
  type Scheduler,
  type ShiftAnchors,
  type SigmaSpacing,
} from '../diffusion';
import { trainTimesteps } from './denoise';

/** Anchors of the token-count shift of a scheduler's config; undefined where it asks for none. */
export function dynamicShift(config: unknown): ShiftAnchors | undefined {
  const parsed = flowMatchEulerConfigSchema.safeParse(config);
  return parsed.success && parsed.data.use_dynamic_shifting ? parsed.data : undefined;
}

export interface ShiftedScheduleRequest {
  readonly steps: number;
  /** Tokens of the video, which the shift follows. */
  readonly tokens: number;
  /** See {@link dynamicShift}. */
  readonly anchors: ShiftAnchors | undefined;
  /** How the unshifted sigmas are spaced. Default uniform, as in the reference. */
  readonly spacing?: SigmaSpacing;
  /** In place of the fixed shift of the scheduler's config. */
  readonly shift?: number;
}

/** Schedule of text to video and image to video: spaced sigmas, shifted as the scheduler's config says. */
export function shiftedSchedule(
  scheduler: Scheduler,
  { steps, tokens, anchors, spacing = 'uniform', shift }: ShiftedScheduleRequest,
): Schedule {
  const mu = anchors === undefined ? undefined : calculateShift(tokens, anchors);
  return scheduler.schedule({
    sigmas: spacedSigmas(spacing, steps),
    ...(mu === undefined ? {} : { mu }),
    ...(shift === undefined ? {} : { shift }),
  });
}

export interface ConditionedScheduleRequest {
  readonly steps: number;
  /** Explicit timesteps, 0 to 1000, one a step; default linear-quadratic (see `linearQuadraticSigmas`). */
  readonly timesteps?: ArrayLike<number>;
  /** Share of the steps to do, from the end, 0 to 1; below 1 to refine given latents. */
  readonly denoiseStrength: number;
}

/** Schedule of the condition pipeline. */
export function conditionedSchedule(scheduler: Scheduler, request: ConditionedScheduleRequest): Schedule {
  const timesteps = request.timesteps ?? linearQuadraticSigmas(request.steps).map((sigma) => sigma * trainTimesteps);
  const schedule = scheduler.schedule({ timesteps });
  return scheduleFrom(schedule, startStep(schedule.timesteps.length, request.denoiseStrength));
}
