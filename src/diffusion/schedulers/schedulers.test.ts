import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import { betaQuantile } from './beta-quantile';
import { createScheduler, scaleNoise, scheduleFrom, type Scheduler, type StepHistory } from './index';

const numbers = z.array(z.number());
const variants = z.object({
  cases: z.array(
    z.object({
      class: z.string(),
      config: z.record(z.string(), z.unknown()),
      request: z.object({
        steps: z.number().optional(),
        sigmas: numbers.optional(),
        timesteps: numbers.optional(),
        mu: z.number().optional(),
      }),
      sample: numbers,
      timesteps: numbers,
      sigmas: numbers,
      modelOutputs: z.array(numbers),
      noise: z.array(numbers),
      samples: z.array(numbers),
    }),
  ),
});

const { cases } = variants.parse(JSON.parse(readFileSync(new URL('../fixtures/scheduler-variants.json', import.meta.url), 'utf8')));

describe('options of the reference', () => {
  test.each(cases.map((golden) => [golden.class, golden.config, golden.request, golden] as const))(
    '%s %j %j',
    (className, config, request, golden) => {
      const scheduler = createScheduler(className, config);
      const schedule = scheduler.schedule(request);
      expect(relativeL2(schedule.sigmas, golden.sigmas)).toBeLessThan(2e-7);
      // Explicit ancestral sigmas: the reference also lists a timestep for the final sigma, which is never used.
      const steps = golden.sigmas.length - 1;
      expect(relativeL2(schedule.timesteps, golden.timesteps.slice(0, steps))).toBeLessThan(2e-7);
      let sample: Float32Array = Float32Array.from(golden.sample);
      let history: StepHistory | undefined;
      let draws = 0;
      for (let index = 0; index < golden.samples.length; index++) {
        const noise = scheduler.needsNoise(schedule, index) ? Float32Array.from(golden.noise[draws++]) : undefined;
        const modelOutput = Float32Array.from(golden.modelOutputs[index]);
        ({ sample, history } = scheduler.step({ schedule, index, sample, modelOutput, noise, history }));
        expect(relativeL2(sample, golden.samples[index]), `sample ${index}`).toBeLessThan(1e-5);
      }
      expect(draws).toBe(golden.noise.length);
    },
  );
});

test('beta quantiles', () => {
  // mpmath at 30 digits: the regularised incomplete beta function of (0.6, 0.6) inverted.
  const expected: [number, number][] = [
    [0.8, 0.8770782495416671],
    [0.5, 0.5],
    [0.3, 0.23401700387523588],
    [0.1, 0.03958440558878085],
    [0.01, 0.0008612388215429067],
    [1e-4, 3.9983771581377217e-7],
    [0, 0],
    [1, 1],
  ];
  for (const [p, x] of expected) expect(Math.abs(betaQuantile(p, 0.6) - x)).toBeLessThanOrEqual(1e-12 * x);
});

describe('a run', () => {
  const model = (sample: Float32Array, timestep: number): Float32Array => sample.map((x) => Math.sin(x + timestep / 500));
  const start = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i * 1.7));
  const flow = { use_flow_sigmas: true, prediction_type: 'flow_prediction', flow_shift: 3, solver_order: 3 };
  const schedulers: Scheduler[] = [
    createScheduler('FlowMatchEulerDiscreteScheduler', { shift: 3 }),
    createScheduler('UniPCMultistepScheduler', flow),
  ];

  test.each(schedulers)('of $className continues from any step with the same bits', (scheduler) => {
    const schedule = scheduler.schedule({ steps: 9 });
    const run = (from: number, state: { sample: Float32Array; history?: StepHistory }, to: number) => {
      for (let index = from; index < to; index++) {
        const modelOutput = model(state.sample, schedule.timesteps[index]);
        state = scheduler.step({ schedule, index, modelOutput, ...state });
      }
      return state;
    };
    const whole = run(0, { sample: start }, 9);
    for (let stop = 1; stop < 9; stop++) {
      // What is stored survives a structured clone, as through a worker or a file.
      expect(run(stop, structuredClone(run(0, { sample: start }, stop)), 9).sample).toEqual(whole.sample);
    }
  });

  test.each(schedulers)('of $className can begin in the middle', (scheduler) => {
    const schedule = scheduler.schedule({ steps: 8 });
    const rest = scheduleFrom(schedule, 3);
    expect(Array.from(rest.sigmas)).toEqual(Array.from(schedule.sigmas.slice(3)));
    expect(rest.timesteps).toHaveLength(5);
    const step = scheduler.step({ schedule: rest, index: 0, sample: start, modelOutput: model(start, 0) });
    expect(step.sample).toEqual(scheduler.step({ schedule, index: 3, sample: start, modelOutput: model(start, 0) }).sample);
    expect(() => scheduleFrom(schedule, 9)).toThrow(AiprodError);
  });

  test.each([{ solver_type: 'bh1' }, { final_sigmas_type: 'sigma_min' }])('of UniPC with %j ends finite', (options) => {
    const scheduler = createScheduler('UniPCMultistepScheduler', { ...flow, ...options });
    const schedule = scheduler.schedule({ steps: 5 });
    let state: { sample: Float32Array; history?: StepHistory } = { sample: start };
    for (let index = 0; index < 5; index++) {
      state = scheduler.step({ schedule, index, modelOutput: model(state.sample, schedule.timesteps[index]), ...state });
    }
    expect(state.sample.every(Number.isFinite)).toBe(true);
  });

  test('reaches the clean sample exactly under a perfect velocity', () => {
    const [euler] = schedulers;
    const clean = start.map((x) => x / 2);
    const schedule = euler.schedule({ steps: 6 });
    let sample = scaleNoise(clean, 1, start);
    for (let index = 0; index < 6; index++) {
      const modelOutput = start.map((noise, i) => noise - clean[i]);
      ({ sample } = euler.step({ schedule, index, sample, modelOutput }));
    }
    expect(relativeL2(sample, clean)).toBeLessThan(1e-6);
  });
});

describe('bad input', () => {
  const euler = createScheduler('FlowMatchEulerDiscreteScheduler', {});
  const schedule = euler.schedule({ steps: 2 });
  const four = new Float32Array(4);

  test.each([
    [/not known.*DDIMScheduler/, () => createScheduler('DDIMScheduler', {})],
    [/shift/, () => createScheduler('FlowMatchEulerDiscreteScheduler', { shift: 'three' })],
    [/at most one/, () => createScheduler('FlowMatchEulerDiscreteScheduler', { use_karras_sigmas: true, use_beta_sigmas: true })],
    [/use_flow_sigmas/, () => createScheduler('UniPCMultistepScheduler', {})],
    [/thresholding/, () => createScheduler('UniPCMultistepScheduler', { use_flow_sigmas: true, thresholding: true })],
    [/steps, sigmas or timesteps/, () => euler.schedule({})],
    [/same length/, () => euler.schedule({ steps: 3, sigmas: [1, 0.5] })],
    [/1 to 100000/, () => euler.schedule({ steps: 0 })],
    [/2\.5/, () => euler.schedule({ steps: 2.5 })],
    [/mu/, () => createScheduler('FlowMatchEulerDiscreteScheduler', { use_dynamic_shifting: true }).schedule({ steps: 2 })],
    [/no such step/, () => euler.step({ schedule, index: 2, sample: four, modelOutput: four })],
    [/4 elements.*3/, () => euler.step({ schedule, index: 0, sample: four, modelOutput: new Float32Array(3) })],
    [/noise/, () => createScheduler('LTXEulerAncestralRFScheduler', {}).step({ schedule, index: 0, sample: four, modelOutput: four })],
    [/too short/, () => createScheduler('LTXEulerAncestralRFScheduler', {}).schedule({ sigmas: [1] })],
  ])('%s', (message, call) => {
    expect(call).toThrow(AiprodError);
    expect(call).toThrow(message);
  });
});

test('one step has nothing to stretch to a terminal sigma', () => {
  const config = { use_dynamic_shifting: true, shift_terminal: 0.1 };
  const { sigmas, timesteps } = createScheduler('FlowMatchEulerDiscreteScheduler', config).schedule({ sigmas: [1], mu: 0.95 });
  expect([...sigmas]).toEqual([1, 0]);
  expect([...timesteps]).toEqual([1000]);
});
