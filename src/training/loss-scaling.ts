import { z } from 'zod';

/**
 * Dynamic loss scaling (Micikevicius et al. 2018, "Mixed Precision Training"), with the names, defaults and rules of PyTorch's `GradScaler`:
 * gradients that are not finite skip the step and shrink the scale, a run of finite ones grows it.
 */
export interface LossScalingOptions {
  /** Scale of the first step. Default 65536. */
  readonly initialScale?: number;
  /** What the scale is multiplied by after `growthInterval` finite steps. Default 2. */
  readonly growthFactor?: number;
  /** What it is multiplied by after a step that was skipped. Default 0.5. */
  readonly backoffFactor?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

export const lossScaleSchema = z.object({ scale: z.number().positive(), finiteSteps: z.number().int().nonnegative() });

/** The scale of the next step, and finite steps since it last changed. */
export type LossScale = z.output<typeof lossScaleSchema>;

export function initialLossScale({ initialScale = 65536 }: LossScalingOptions): LossScale {
  return { scale: initialScale, finiteSteps: 0 };
}

/** The scale after a step. @param finite whether all gradients were, so that the step was taken */
export function nextLossScale(state: LossScale, finite: boolean, options: LossScalingOptions): LossScale {
  const { growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
  if (!finite) return { scale: Math.fround(state.scale * backoffFactor), finiteSteps: 0 };
  const finiteSteps = state.finiteSteps + 1;
  if (finiteSteps < growthInterval) return { ...state, finiteSteps };
  const grown = Math.fround(state.scale * growthFactor);
  return { scale: Number.isFinite(grown) ? grown : state.scale, finiteSteps: 0 };
}
