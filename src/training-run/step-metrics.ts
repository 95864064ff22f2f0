import { z } from 'zod';

/** What is written of each step, a line of JSON each. */
export const stepMetricsSchema = z.object({
  /** Counts from 1. */
  step: z.int().min(1),
  epoch: z.int().min(0),
  loss: z.number(),
  learning_rate: z.number(),
  /** Norm of all gradients before clipping, where the run clips; JSON has no word for one that overflowed. */
  gradient_norm: z
    .number()
    .nullish()
    .transform((norm) => norm ?? undefined),
  /** Seconds that the step took. */
  seconds: z.number(),
  /** Milliseconds of them in which its batches were waited for; logs of older runs do not say. */
  data_wait_ms: z.number().optional(),
  /** Bytes of GPU memory in use. */
  gpu_bytes: z.number(),
});
export type StepMetrics = z.output<typeof stepMetricsSchema>;

/** The steps of a log, as far as its lines are whole. */
export function parseMetrics(text: string): StepMetrics[] {
  return text.split('\n').flatMap((line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // The last line of a run that was killed, or is writing.
      return [];
    }
    const parsed = stepMetricsSchema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}
