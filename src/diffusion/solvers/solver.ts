import { trainTimesteps } from '../timesteps';
import type { Schedule, StepHistory, StepResult } from '../schedulers';

const fround = Math.fround;

/** A place on the way from noise to clean. */
export interface NoiseLevel {
  /** 1 is pure noise, 0 is clean. */
  readonly sigma: number;
  /** What the model is shown, 0 to 1000. */
  readonly timestep: number;
}

/** One step's input. Arrays have the sample's length and stay unchanged. */
export interface SolverInput {
  readonly schedule: Schedule;
  /** Which step of the schedule, from 0. */
  readonly index: number;
  readonly sample: Float32Array;
  /** The guided velocity (`noise - clean`) at a sample of a noise level. */
  predict(sample: Float32Array, level: NoiseLevel): Promise<Float32Array>;
  /** Fresh standard normal numbers, the n-th draw of this step. */
  noise(draw: number): Float32Array;
  /**
   * Lengths of the parts that a sample is made of, one after another, such as picture and sound: what is told of a draw as a whole,
   * its mean for one, is told of each part alone. Default one part.
   */
  readonly parts?: readonly number[];
  /** What the step before returned; absent at the first step or after a restart. */
  readonly history?: StepHistory;
}

/**
 * A way of going from one noise level of a schedule to the next. Pure but for what `predict` and `noise` do: any step can be
 * made again, or first, from its input.
 */
export interface Solver {
  /** As in a solver's configuration; a state with history can only be gone on with by the solver of the same name. */
  readonly name: string;
  /** Evaluations of the model that a step takes. */
  evaluations(schedule: Schedule, index: number): number;
  step(input: SolverInput): Promise<StepResult>;
}

/** The noise level that a step of the schedule begins at. */
export function levelAt(schedule: Schedule, index: number): NoiseLevel {
  return { sigma: schedule.sigmas[index], timestep: schedule.timesteps[index] };
}

/** A noise level between those of the schedule. */
export function levelOf(sigma: number): NoiseLevel {
  const level = fround(sigma);
  return { sigma: level, timestep: fround(level * trainTimesteps) };
}

/** Evaluations of the model from step `from` on. */
export function remainingEvaluations(solver: Solver, schedule: Schedule, from = 0): number {
  let sum = 0;
  for (let index = from; index < schedule.timesteps.length; index++) sum += solver.evaluations(schedule, index);
  return sum;
}
