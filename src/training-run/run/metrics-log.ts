import { open, readFile } from 'node:fs/promises';
import { AiprodError } from '../../errors';
import { writeWhole } from '../../pipelines/node';
import { parseMetrics, type StepMetrics } from '../step-metrics';

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
  return parseMetrics(await readFile(path, 'utf8').catch(() => ''));
}
