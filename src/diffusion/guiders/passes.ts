import { AiprodError } from '../../errors';
import type { Schedule } from '../schedulers';
import type { Guider } from './guider';

/** What is left out of some blocks of a model; see the model's perturbations. */
export interface PassPerturbation {
  readonly kind: 'block' | 'attention' | 'attention-values' | 'audio-to-video' | 'video-to-audio';
  readonly blocks: readonly number[];
}

/** A forward pass of the model that a guider combines. Plain data. */
export interface GuidancePass {
  /** Name of its prediction, such as `pred_cond`. */
  readonly name: string;
  /** Which text it is shown. */
  readonly prompt: 'positive' | 'negative';
  readonly perturbation?: PassPerturbation;
  /** Whether attention between modalities is left out. */
  readonly isolatedModalities?: true;
}

export const conditionalPass: GuidancePass = { name: 'pred_cond', prompt: 'positive' };
export const unconditionalPass: GuidancePass = { name: 'pred_uncond', prompt: 'negative' };

/** The two ways in which picture and sound attend to each other. */
const exchanges = ['audio-to-video', 'video-to-audio'] as const;

/**
 * Perturbations of a batch whose samples are the passes, in their order.
 *
 * @param exchanging blocks in which picture and sound attend to each other; none for a model of picture alone
 * @throws AiprodError 'unsupported-model' for a pass that isolates modalities, of which a model of picture alone has one
 */
export function perturbationsOfPasses(
  passes: readonly GuidancePass[],
  exchanging: readonly number[] = [],
): (PassPerturbation & { readonly rows: readonly number[] })[] {
  if (exchanging.length === 0 && passes.some((pass) => pass.isolatedModalities === true)) {
    throw new AiprodError('unsupported-model', 'guidance between modalities needs a model of picture and sound', {
      expected: 'terms other than modality',
      found: 'a term of kind modality',
      hint: 'Leave the term out, or set its scale to 1',
    });
  }
  return passes.flatMap(({ perturbation, isolatedModalities }, row) => [
    ...(perturbation === undefined ? [] : [{ ...perturbation, rows: [row] }]),
    ...(isolatedModalities === true ? exchanges : []).map((kind) => ({ kind, blocks: exchanging, rows: [row] })),
  ]);
}

/** Takes the predictions of a batch apart, whose samples are the passes in their order. */
export function predictionsOfPasses(passes: readonly GuidancePass[], batch: Float32Array): Record<string, Float32Array> {
  const size = batch.length / passes.length;
  return Object.fromEntries(passes.map(({ name }, row) => [name, batch.subarray(row * size, (row + 1) * size)]));
}

/** The same for two lists of passes exactly when one batch of the model serves both. */
export function passesKey(passes: readonly GuidancePass[]): string {
  return passes.map((pass) => pass.name).join('+');
}

/** The passes of every step of a schedule, and the distinct lists among them: what programs a run needs. */
export function passesOfRun(guider: Guider, schedule: Schedule): { perStep: GuidancePass[][]; distinct: GuidancePass[][] } {
  const steps = schedule.timesteps.length;
  const perStep = Array.from({ length: steps }, (_, step) => guider.passes({ step, steps, sigma: schedule.sigmas[step] }));
  const distinct = new Map(perStep.map((passes) => [passesKey(passes), passes]));
  return { perStep, distinct: [...distinct.values()] };
}
