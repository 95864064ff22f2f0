import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import { openLtxModel, parseJob, planJob, resolveJob, type JobInput } from '.';

it('the work of a job counts how often the solver evaluates the model, and for which passes', async () => {
  const model = await openLtxModel(
    await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))),
    'embedded',
  );
  const context = await testContext();
  const workOf = (fields: Omit<JobInput, 'prompt'>): readonly number[] => {
    const job = resolveJob(parseJob({ prompt: 'a red ball', guidanceScale: 1, steps: 4, ...fields }), model.traits);
    return planJob({ model, job, context, previews: false }).work.steps[0].flops;
  };
  const euler = workOf({ solver: { kind: 'euler' } });
  const [once] = euler;
  expect(euler).toEqual([once, once, once, once]);
  expect(workOf({ solver: { kind: 'heun' } })).toEqual([2 * once, 2 * once, 2 * once, once]);
  expect(workOf({ solver: { kind: 'res-2s' } })).toEqual([2 * once, 2 * once, 2 * once, 3 * once]);
  // Guided in its first half alone.
  const guided = workOf({ guidance: { terms: [{ kind: 'cfg', scale: 3, interval: { unit: 'fraction', max: 0.5 } }] } });
  expect(guided[0]).toBeGreaterThan(1.8 * once);
  expect(guided.slice(2)).toEqual([once, once]);
  await model.close();
});
