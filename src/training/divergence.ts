import { z } from 'zod';
import { AiprodError } from '../errors';
import { median } from '../numeric/median';

/** When a training run is given up. A loss that is not finite always ends it. */
export interface DivergenceOptions {
  /** A loss above this many times the running median is suspect. Default 10. */
  readonly factor?: number;
  /** Suspect steps in a row that end the run. Default 20. */
  readonly patience?: number;
  /** Losses that the median is taken of; before there are as many nothing is suspect. Default 100. */
  readonly window?: number;
}

export const lossRecordSchema = z.object({ losses: z.array(z.number()), suspect: z.number().int().nonnegative() });

/** The latest losses that were not suspect, oldest first, and how many suspect ones came after them. */
export type LossRecord = z.output<typeof lossRecordSchema>;

export const emptyLossRecord: LossRecord = { losses: [], suspect: 0 };

/**
 * Judges a step's loss before the step is taken.
 * @returns the record with that loss
 * @throws AiprodError 'not-finite' for a loss that is not finite, 'check-failed' when it has been too high for too long; weights and state
 *   are then as they were before the step.
 */
export function judgeLoss(record: LossRecord, loss: number, step: number, options: DivergenceOptions | undefined): LossRecord {
  if (!Number.isFinite(loss)) {
    throw new AiprodError('not-finite', `the loss of step ${step} is not a finite number`, {
      found: String(loss),
      hint: 'Resume from the last checkpoint with a lower learning rate, a clip of the gradients, or f32; the step was not taken',
    });
  }
  if (options === undefined) return record;
  const { factor = 10, patience = 20, window = 100 } = options;
  const { losses, suspect } = record;
  const limit = losses.length < window ? Infinity : factor * median(losses);
  if (loss <= limit) return { losses: [...losses, loss].slice(-window), suspect: 0 };
  if (suspect + 1 < patience) return { losses, suspect: suspect + 1 };
  throw new AiprodError('check-failed', `the loss has diverged: it has been too high since step ${step - suspect}`, {
    expected: `at most ${limit.toPrecision(4)}, ${factor} times the median of ${window} steps`,
    found: `${loss.toPrecision(4)}, after ${suspect} more above that`,
    hint: `Resume from a checkpoint before step ${step - suspect} with a lower learning rate`,
  });
}
