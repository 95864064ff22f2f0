import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { writeWhole } from '../../pipelines/node';

/** What is written of each step, a line of JSON each. */
export const stepMetricsSchema = z.object({
  /** Counts from 1. */
  step: z.int().min(1),
  epoch: z.int().min(0),
  loss: z.number(),
  learning_rate: z.number(),
  /** Norm of all gradients before clipping, where the run clips. */
  gradient_norm: z.number().optional(),
  /** Seconds that the step took. */
  seconds: z.number(),
  /** Bytes of GPU memory in use. */
  gpu_bytes: z.number(),
});
export type StepMetrics = z.output<typeof stepMetricsSchema>;

/** A log that grows by a line a step. */
export interface MetricsLog {
  add(metrics: StepMetrics): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `metrics.jsonl`.
 * @param after the last step that counts: lines of later ones, which an interrupted run left, and a line that was cut off are taken away
 * @throws AiprodError 'unwritable-output'
 */
export async function openMetricsLog(path: string, after: number): Promise<MetricsLog> {
  const kept = (await readMetrics(path)).filter(({ step }) => step <= after);
  await writeWhole(path, new TextEncoder().encode(kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join('')));
  const file = await open(path, 'a').catch((cause: unknown) => {
    throw new AiprodError('unwritable-output', 'the metrics cannot be written', { where: path }, { cause });
  });
  return {
    async add(metrics) {
      await file.appendFile(`${JSON.stringify(metrics)}\n`);
    },
    close: () => file.close(),
  };
}

/** The steps of a log, as far as its lines are whole; none where there is no such file. */
export async function readMetrics(path: string): Promise<StepMetrics[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // The last line of a run that was killed.
      return [];
    }
    const parsed = stepMetricsSchema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}
