import { z } from 'zod';

const scale = z.number().min(-100).max(100);
const blocks = z.array(z.int().min(0).max(1000)).max(200);

/** When a term acts: where `min <= x < max`, x being a step's index, its share of all steps, or its sigma. */
export const intervalSchema = z.strictObject({
  /** `fraction` bounds are `floor(bound * steps)`, as in the reference. */
  unit: z.enum(['step', 'fraction', 'sigma']),
  /** Default: no lower bound. */
  min: z.number().optional(),
  /** Default: no upper bound. */
  max: z.number().optional(),
  /** Whether `min` itself is left out (`min < x`). */
  openMin: z.boolean().default(false),
});

export type GuidanceInterval = z.output<typeof intervalSchema>;

const always = { interval: intervalSchema.optional() };
/** Classifier-free guidance: `u + scale (c - u)`, or `c + scale (c - u)` in the original formulation, where 0 means none. */
const classifierFree = { scale, original: z.boolean().default(false), ...always };
/** Guidance away from a perturbed model: adds `scale (c - p)`. */
const perturbed = {
  scale,
  /** Which blocks are perturbed. Default: those that suit the model (see `stgBlocksOf`). */
  blocks: blocks.optional(),
  /** Alone, without classifier-free guidance: whether c is moved (`add`) or p is (`replace`, the reference's skip-layer guider). */
  alone: z.enum(['add', 'replace']).default('add'),
  ...always,
};

/** One term of guidance. c, u, p, m: conditional, unconditional, perturbed, modality-isolated prediction. */
export const guidanceTermSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cfg'), ...classifierFree }),
  /** CFG*: u scaled by its least-squares fit to c. */
  z.strictObject({ kind: z.literal('cfg-star'), ...classifierFree }),
  /** CFG-Zero*: CFG*, and the first steps stand still. */
  z.strictObject({ kind: z.literal('cfg-zero'), zeroSteps: z.int().min(0).default(1), ...classifierFree }),
  /** Tangential damping: u projected on what it has in common with c. */
  z.strictObject({ kind: z.literal('tcfg'), ...classifierFree }),
  /** Adaptive projected guidance. */
  z.strictObject({
    kind: z.literal('apg'),
    /** Weight of the part of `c - u` that is parallel to c. */
    eta: z.number().default(1),
    /** Upper bound of its norm; 0 for none. */
    normThreshold: z.number().min(0).default(0),
    /** Weight of earlier steps' differences, usually negative; null for none. */
    momentum: z.number().nullable().default(null),
    ...classifierFree,
  }),
  /** Spatio-temporal guidance. */
  z.strictObject({
    kind: z.literal('stg'),
    perturbation: z.enum(['attention-values', 'attention', 'block']).default('attention-values'),
    ...perturbed,
  }),
  /** Perturbed-attention guidance: self-attention sees each token alone. */
  z.strictObject({ kind: z.literal('pag'), ...perturbed }),
  /** Skip-layer guidance: whole blocks left out. */
  z.strictObject({ kind: z.literal('slg'), ...perturbed }),
  /** Guidance towards agreement of picture and sound: adds `(scale - 1)(c - m)` (LTX-2). */
  z.strictObject({ kind: z.literal('modality'), scale, ...always }),
  /** Against overexposure, after all other terms: `phi std(c) / std(guided) guided + (1 - phi) guided`. */
  z.strictObject({ kind: z.literal('rescale'), phi: z.number().min(0).max(1), ...always }),
]);

/**
 * A guider as plain data: terms that act together at every step,
 * `c + sum of what each term adds`, then rescaled.
 */
export const guidanceSchema = z.strictObject({
  /** What the terms are reckoned on: the velocity (LTX-Video) or the clean prediction `x - sigma v` (LTX-2). */
  space: z.enum(['velocity', 'denoised']).default('velocity'),
  terms: z.array(guidanceTermSchema).max(64),
});

export type GuidanceTerm = z.output<typeof guidanceTermSchema>;
export type Guidance = z.output<typeof guidanceSchema>;
export type GuidanceInput = z.input<typeof guidanceSchema>;

/** Where a run is, for intervals. */
export interface GuidancePoint {
  /** Index of the denoising step, from 0. */
  readonly step: number;
  /** Number of denoising steps. */
  readonly steps: number;
  /** Noise level of the step, 0 to 1; needed where an interval is in sigmas. */
  readonly sigma?: number;
}

/** Whether a term acts at a step. An interval in sigmas acts nowhere where the sigma is not known. */
export function inInterval(interval: GuidanceInterval | undefined, { step, steps, sigma = NaN }: GuidancePoint): boolean {
  if (interval === undefined) return true;
  const { unit, min = -Infinity, max = Infinity, openMin } = interval;
  const bound = (value: number): number => (unit === 'fraction' && Number.isFinite(value) ? Math.trunc(value * steps) : value);
  // Noise levels are f32, so bounds are compared as such: a level of 0.9 is within an interval from 0.9 on.
  if (unit === 'sigma') return within(Math.fround(sigma), Math.fround(min), Math.fround(max), openMin);
  return within(step, bound(min), bound(max), openMin);
}

function within(x: number, min: number, max: number, openMin: boolean): boolean {
  return (openMin ? min < x : min <= x) && x < max;
}
