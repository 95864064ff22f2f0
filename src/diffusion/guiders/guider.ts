import { z } from 'zod';
import { AiprodError } from '../../errors';

/** A forward pass of the model that a guider combines: with which text, and what is left out of the model. */
export type PredictionName = 'pred_cond' | 'pred_uncond' | 'pred_cond_skip' | 'pred_cond_stg' | 'pred_cond_modality';

export type Predictions = Readonly<Partial<Record<PredictionName, Float32Array>>>;

/** One step's predictions. */
export interface GuiderInput {
  /** Index of the denoising step, from 0. */
  step: number;
  /** Number of denoising steps. */
  steps: number;
  /** Size of the predictions' first axis. */
  batch: number;
  predictions: Predictions;
  /** What the step before returned (momentum); absent at the first step. */
  memory?: Float32Array;
}

export interface GuiderResult {
  prediction: Float32Array;
  memory?: Float32Array;
}

/** A guider bound to its options; pure, its only state goes through `memory`. */
export interface Guider {
  /** The reference's class name, as in `_class_name` of guider_config.json. */
  readonly className: string;
  /** The passes that `guide` needs at a step, in the reference's order. */
  passes(step: number, steps: number): PredictionName[];
  guide(input: GuiderInput): GuiderResult;
}

/** Options that all guiders share, in the reference's field names. */
export const commonFields = {
  /** Strength of the rescaling of {@link rescaleGuidance}, 0 to 1. */
  guidance_rescale: z.number().default(0),
  /** First and last fraction of the steps that are guided, `floor(start * steps) <= step < floor(stop * steps)`. */
  start: z.number().min(0).lt(1).default(0),
  stop: z.number().min(0).max(1).default(1),
  enabled: z.boolean().default(true),
};

/** {@link commonFields} and classifier-free guidance. */
export const guidanceFields = {
  guidance_scale: z.number().default(7.5),
  use_original_formulation: z.boolean().default(false),
  ...commonFields,
};

/** Whether two numbers are equal to a relative 1e-9 (Python's `math.isclose`). */
export function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** Whether a step is in the guided part of the schedule. */
export function inWindow(options: { start: number; stop: number; enabled: boolean }, step: number, steps: number): boolean {
  return options.enabled && Math.trunc(options.start * steps) <= step && step < Math.trunc(options.stop * steps);
}

/** A prediction that must be there, as long as the conditional one. */
export function requirePrediction(input: GuiderInput, name: PredictionName): Float32Array {
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
