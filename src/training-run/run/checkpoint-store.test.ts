import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CheckpointStore } from './checkpoint-store';
import type { StepMetrics } from '../step-metrics';
import { openMetricsLog, readMetrics } from './metrics-log';
import { checkpointToResume } from './run-folder';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-checkpoints-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const facts = (text: string) => new Map([['state.json', { text }]]);

it('keeps the last checkpoints, whole ones alone', async () => {
  const path = join(folder, 'run', 'checkpoints');
  const store = await CheckpointStore.open(path);
  for (const step of [2, 4, 6]) await store.write(step, facts(`step ${step}`), 2);
  expect(readdirSync(path).sort()).toEqual(['step-000004', 'step-000006']);
  // What a process that was killed while it wrote, and while it removed, leaves.
  for (const left of ['step-000008.partial', 'step-000002.removed.partial']) mkdirSync(join(path, left));
  const again = await CheckpointStore.open(path);
  expect((await again.list()).map(({ step }) => step)).toEqual([4, 6]);
  expect(readdirSync(path)).toHaveLength(2);
  // A run that went on from 4 comes by 6 again: it is the same.
  await again.write(6, facts('another'), 2);
  expect(readFileSync(join(path, 'step-000006', 'state.json'), 'utf8')).toBe('step 6');
});

it('finds where to go on', async () => {
  const run = join(folder, 'run');
  const last = { step: 6, path: join(run, 'checkpoints', 'step-000006') };
  expect(await checkpointToResume(run, true)).toEqual(last);
  expect(await checkpointToResume(join(folder, 'other'), true)).toBeUndefined();
  expect(await checkpointToResume(join(folder, 'other'), run)).toEqual(last);
  expect((await checkpointToResume(join(folder, 'other'), join(run, 'checkpoints', 'step-000004')))?.step).toBe(4);
  await expect(checkpointToResume(run, false)).rejects.toThrow(/holds a run already.*step 6.*--resume/);
  await expect(checkpointToResume(run, join(folder, 'nowhere'))).rejects.toThrow(/no checkpoint to go on from/);
});

it('a log of metrics goes on after the last step that counts', async () => {
  const path = join(folder, 'metrics.jsonl');
  const metrics = (step: number): StepMetrics => ({
    step,
    epoch: 0,
    loss: 1 / 3,
    learning_rate: 0.1,
    gradient_norm: 2,
    seconds: 1,
    gpu_bytes: 5,
  });
  const log = await openMetricsLog(path, 0);
  for (const step of [1, 2, 3]) await log.add(metrics(step));
  await log.close();
  writeFileSync(path, '{"step":4,"epo', { flag: 'a' });
  const next = await openMetricsLog(path, 2);
  await next.add(metrics(3));
  await next.close();
  expect(await readMetrics(path)).toEqual([1, 2, 3].map(metrics));
  expect(existsSync(`${path}.partial-${process.pid}`)).toBe(false);
});
