import { AiprodError } from '../../errors';

/**
 * A denoising schedule. Step i takes the sample from noise level `sigmas[i]` to `sigmas[i + 1]` and shows the model
 * `timesteps[i]`.
 */
export interface Schedule {
  /** [steps + 1], 1 is pure noise, 0 is clean. */
  readonly sigmas: Float32Array;
  /** [steps], sigma in the units of training (0 to 1000). */
  readonly timesteps: Float32Array;
}

/** What a schedule is asked for; a count of steps, or explicit values of which the count follows. */
export interface ScheduleRequest {
  /** Number of denoising steps. */
  steps?: number;
  /** Unshifted sigmas, one a step. */
  sigmas?: ArrayLike<number>;
  /** Timesteps to show the model, one a step. */
  timesteps?: ArrayLike<number>;
  /** Resolution-dependent shift (see `calculateShift`); required when the config says `use_dynamic_shifting`. */
  mu?: number;
  /** Shift of the sigmas in place of the config's own (`shift`, `flow_shift`). */
  shift?: number;
}

/** One step's input. All arrays have the sample's length and stay unchanged. */
export interface StepInput {
  schedule: Schedule;
  /** Which step of the schedule, from 0. */
  index: number;
  sample: Float32Array;
  /** The model's prediction (velocity, `noise - clean`, for flow matching). */
  modelOutput: Float32Array;
  /** Fresh standard normal noise; required where `needsNoise(schedule, index)`. */
  noise?: Float32Array;
  /** What the step before returned; absent at the first step or after a restart. */
  history?: StepHistory;
}

/** What a multistep solver remembers from one step to the next; plain data, to be stored with a resumable state. */
export interface StepHistory {
  /** Converted model outputs, the latest last. */
  readonly modelOutputs: readonly Float32Array[];
  /** The sample the latest step started from, where the solver corrects it. */
  readonly lastSample?: Float32Array;
  /** Order the latest step was taken with. */
  readonly order: number;
}

/** One step's result. */
export interface StepResult {
  sample: Float32Array;
  history?: StepHistory;
}

/** A scheduler bound to its config. All methods are pure: any step can be made again, or first, from its inputs. */
export interface Scheduler {
  /** The reference's class name, as in `_class_name` of scheduler_config.json. */
  readonly className: string;
  schedule(request: ScheduleRequest): Schedule;
  /** Whether `step` at this index takes noise. */
  needsNoise(schedule: Schedule, index: number): boolean;
  step(input: StepInput): StepResult;
}

/** The schedule from step `start` on, to continue a run or to begin in the middle of one. */
export function scheduleFrom(schedule: Schedule, start: number): Schedule {
  if (!Number.isInteger(start) || start < 0 || start > schedule.timesteps.length) {
    throw new AiprodError('bad-usage', 'The schedule has no such step', {
      expected: `an integer from 0 to ${schedule.timesteps.length}`,
      found: String(start),
    });
  }
  return { sigmas: schedule.sigmas.slice(start), timesteps: schedule.timesteps.slice(start) };
}

/** Checks a step's arrays against each other; returns the noise levels before and after the step. */
export function stepSigmas(input: Pick<StepInput, 'schedule' | 'index' | 'sample' | 'modelOutput'>): { sigma: number; sigmaNext: number } {
  const { schedule, index, sample, modelOutput } = input;
  if (!Number.isInteger(index) || index < 0 || index >= schedule.sigmas.length - 1) {
    throw new AiprodError('bad-usage', 'The schedule has no such step', {
      expected: `an integer from 0 to ${schedule.sigmas.length - 2}`,
      found: String(index),
    });
  }
  requireSameLength('model output', sample, modelOutput);
  return { sigma: schedule.sigmas[index], sigmaNext: schedule.sigmas[index + 1] };
}

/** The step's noise, which must be there and as long as the sample. */
export function stepNoise(input: StepInput): Float32Array {
  if (input.noise === undefined) {
    throw new AiprodError('bad-usage', `Step ${input.index} of this scheduler adds noise`, {
      expected: `${input.sample.length} standard normal numbers`,
      found: 'none',
    });
  }
  requireSameLength('noise', input.sample, input.noise);
  return input.noise;
}

/** Throws unless `other` has as many elements as `sample`. */
export function requireSameLength(name: string, sample: Float32Array, other: Float32Array): void {
  if (other.length === sample.length) return;
  throw new AiprodError('shape-mismatch', `The ${name} does not fit the sample`, {
    expected: `${sample.length} elements`,
    found: `${other.length}`,
  });
}
