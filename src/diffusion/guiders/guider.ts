import { AiprodError } from '../../errors';
import type { GuidancePoint } from './guidance';
import type { GuidancePass } from './passes';

/** Predictions by the names of their passes. */
export type Predictions = Readonly<Partial<Record<string, Float32Array>>>;

/** What a guider remembers from one step to the next (momentum), by name; plain data, to be stored with a resumable state. */
export type GuiderMemory = Readonly<Record<string, Float32Array>>;

/** One step's predictions. */
export interface GuiderInput extends GuidancePoint {
  /** Size of the predictions' first axis. */
  readonly batch: number;
  readonly predictions: Predictions;
  /** What the step before returned; absent at the first step. */
  readonly memory?: GuiderMemory;
}

export interface GuiderResult {
  readonly prediction: Float32Array;
  readonly memory?: GuiderMemory;
}

/** A guider bound to its options; pure, its only state goes through `memory`. */
export interface Guider {
  /** What the predictions are when they reach `guide`. */
  readonly space: 'velocity' | 'denoised';
  /** The passes that `guide` needs at a step, the conditional one first. */
  passes(point: GuidancePoint): GuidancePass[];
  guide(input: GuiderInput): GuiderResult;
}

/** Whether two numbers are equal to a relative 1e-9 (Python's `math.isclose`). */
export function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** A prediction that must be there, as long as the conditional one. */
export function requirePrediction(input: GuiderInput, name: string): Float32Array {
  const prediction = input.predictions[name];
  const length = input.predictions.pred_cond?.length;
  if (prediction === undefined || prediction.length !== length || !Number.isInteger(prediction.length / input.batch)) {
    throw new AiprodError('shape-mismatch', `The guider cannot use ${name} at step ${input.step}`, {
      expected: `pred_cond and ${name} of equal length, a multiple of the batch of ${input.batch}`,
      found: `${length ?? 'no'} and ${prediction?.length ?? 'no'} elements`,
    });
  }
  return prediction;
}
