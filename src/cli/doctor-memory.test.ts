import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));

const reportSchema = z.object({
  model: z.object({ name: z.string(), components: z.array(z.object({ component: z.string(), bytes: z.number() })) }),
  job: z.object({ width: z.number(), height: z.number(), frames: z.number() }),
  devices: z.array(
    z.object({
      dtype: z.string(),
      plans: z.array(z.object({ budgetBytes: z.number(), peakBytes: z.number(), fits: z.boolean(), stages: z.array(z.unknown()) })),
    }),
  ),
});

function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/aiprod.mjs', 'doctor', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

it('aiprod doctor --model plans a released model that is not here, on a machine without a GPU', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await run(
    ...['--model', 'ltx-2-19b-int4', '--frames', '49', '--memory-budget', '6GB', '--device', 'no-such-adapter', '--json'],
  );
  expect(code, stderr).toBe(0);
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(report.job).toMatchObject({ width: 768, height: 512, frames: 49 });
  const plans = report.devices.flatMap((device) => device.plans);
  expect(plans.map(({ budgetBytes }) => budgetBytes)).toEqual([8e9, 16e9, 24e9, 80e9, 6e9]);
  for (const { fits, peakBytes, budgetBytes } of plans) expect(fits).toBe(peakBytes <= budgetBytes);
});
