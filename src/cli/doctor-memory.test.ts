import { expect, it } from 'vitest';
import { z } from 'zod';
import { root, runAiprod, type Ended } from './testing/run-script';

const reportSchema = z.object({
  model: z.object({ name: z.string(), components: z.array(z.object({ component: z.string(), bytes: z.number() })) }),
  job: z.object({ width: z.number(), height: z.number(), frames: z.number(), promptTokens: z.number() }),
  devices: z.array(
    z.object({
      dtype: z.string(),
      plans: z.array(z.object({ budgetBytes: z.number(), peakBytes: z.number(), fits: z.boolean(), stages: z.array(z.unknown()) })),
    }),
  ),
});

const run = (...args: string[]): Promise<Ended> => runAiprod(['doctor', ...args], { cwd: root });

it('aiprod doctor --model plans a released model that is not here, on a machine without a GPU', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await run(
    ...['--model', 'ltx-2-19b-int4', '--frames', '49', '--memory-budget', '6GB', '--device', 'no-such-adapter', '--json'],
  );
  expect(code, stderr).toBe(0);
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(report.job).toMatchObject({ width: 768, height: 512, frames: 49, promptTokens: 256 });
  const plans = report.devices.flatMap((device) => device.plans);
  expect(plans.map(({ budgetBytes }) => budgetBytes)).toEqual([8e9, 16e9, 24e9, 80e9, 6e9]);
  for (const { fits, peakBytes, budgetBytes } of plans) expect(fits).toBe(peakBytes <= budgetBytes);
});
