import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import { createScheduler, type Schedule, type StepHistory } from '../schedulers';
import {
  createSolver,
  remainingEvaluations,
  solverKinds,
  solverSchema,
  type NoiseLevel,
  type Solver,
  type SolverConfigInput,
} from './index';
import { phi } from './res-2s';

const numbers = z.array(z.number());
const variants = z.object({
  cases: z.array(
    z.object({
      solver: solverSchema,
      parts: numbers.optional(),
      sigmas: numbers,
      sample: numbers,
      noise: z.array(numbers),
      samples: z.array(numbers),
    }),
  ),
});
const { cases } = variants.parse(JSON.parse(readFileSync(new URL('../fixtures/solver-variants.json', import.meta.url), 'utf8')));

const scheduler = createScheduler('FlowMatchEulerDiscreteScheduler', {});
const every: SolverConfigInput[] = [
  { kind: 'scheduler' },
  { kind: 'euler' },
  { kind: 'euler-ancestral' },
  { kind: 'heun' },
  { kind: 'res-2s' },
  { kind: 'res-2s', eta: 0.5, midpointEta: 0.5, anchorIterations: 100 },
  { kind: 'gradient-estimating' },
  { kind: 'unipc' },
  { kind: 'unipc', order: 3, variant: 'bh1' },
  { kind: 'dpmpp-2m' },
];

const scheduleOf = (sigmas: ArrayLike<number>): Schedule => ({
  sigmas: Float32Array.from(sigmas),
  timesteps: Float32Array.from(sigmas)
    .slice(0, -1)
    .map((sigma) => sigma * 1000),
});
const falling = (steps: number, end: number): Schedule =>
  scheduleOf(Array.from({ length: steps + 1 }, (_, i) => 1 - ((1 - end) * i) / steps));

type Model = (sample: Float32Array, level: NoiseLevel) => Float32Array;
/** The model of tools/reference-cases/make_solver_cases.py. */
const wavy: Model = (sample, { sigma }) => sample.map((x) => Math.sin(1.5 * x + 2 * sigma) + 0.2 * x);
const start = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i * 1.7));
const noiseOf = (index: number, draw: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9 * i + 78.2 * index + 3.1 * draw) * 1.4);

interface State {
  sample: Float32Array;
  history?: StepHistory;
}

async function run(
  solver: Solver,
  schedule: Schedule,
  state: State,
  model: Model,
  from = 0,
  to = schedule.timesteps.length,
): Promise<State> {
  for (let index = from; index < to; index++) {
    state = await solver.step({
      schedule,
      index,
      ...state,
      predict: async (sample, level) => model(sample, level),
      noise: (draw) => noiseOf(index, draw, state.sample.length),
    });
  }
  return state;
}

describe('runs of the reference', () => {
  test.each(cases.map(({ solver, parts, ...golden }) => [solver, parts, golden] as const))(
    '%j, parts %j',
    async (config, parts, golden) => {
      const solver = createSolver(config, scheduler);
      const schedule = scheduleOf(golden.sigmas);
      let state: State = { sample: Float32Array.from(golden.sample) };
      for (let index = 0; index < golden.samples.length; index++) {
        state = await solver.step({
          schedule,
          index,
          ...state,
          predict: async (sample, level) => wavy(sample, level),
          noise: (draw) => Float32Array.from(golden.noise[2 * index + draw]),
          ...(parts === undefined ? {} : { parts }),
        });
        expect(relativeL2(state.sample, golden.samples[index]), `sample ${index}`).toBeLessThan(5e-6);
      }
    },
  );
});

/**
 * Data of standard deviation s: the best velocity is `x (sigma - (1 - sigma) s^2) / (sigma^2 + (1 - sigma)^2 s^2)`, and the flow
 * takes x at pure noise to `x sqrt(sigma^2 + (1 - sigma)^2 s^2)`.
 */
const spread = 0.35;
const gaussian: Model = (sample, { sigma }) => {
  const variance = sigma ** 2 + ((1 - sigma) * spread) ** 2;
  return sample.map((x) => (x * (sigma - (1 - sigma) * spread ** 2)) / variance);
};

describe('against the exact flow of Gaussian data', () => {
  const end = 0.05;
  const exact = start.map((x) => x * Math.hypot(end, (1 - end) * spread));
  const error = async (config: SolverConfigInput, steps: number): Promise<number> =>
    relativeL2((await run(createSolver(config, scheduler), falling(steps, end), { sample: start }, gaussian)).sample, exact);

  test.each([
    [{ kind: 'euler' }, 1],
    [{ kind: 'heun' }, 2],
    [{ kind: 'res-2s' }, 2],
    [{ kind: 'dpmpp-2m' }, 2],
    [{ kind: 'unipc' }, 2],
  ] as const)('%j is of order %d: half the step, 1 / 2^order of the error', async (config, order) => {
    const ratio = (await error(config, 24)) / (await error(config, 48));
    expect(Math.log2(ratio)).toBeGreaterThan(order - 0.3);
    expect(Math.log2(ratio)).toBeLessThan(order + 1.6);
  });

  test('gradient estimation is nearer to it than Euler', async () => {
    expect(await error({ kind: 'gradient-estimating', gamma: 1.5 }, 20)).toBeLessThan(0.5 * (await error({ kind: 'euler' }, 20)));
  });
});

describe.each(every.map((config) => [config] as const))('%j', (config) => {
  const solver = createSolver(config, scheduler);
  const schedule = falling(7, 0);

  test('goes on from any step with the same bits', async () => {
    const whole = await run(solver, schedule, { sample: start }, wavy);
    expect(whole.sample.every(Number.isFinite)).toBe(true);
    for (let stop = 1; stop < 7; stop++) {
      // What is kept survives a structured clone, as through a worker or a file.
      const kept = structuredClone(await run(solver, schedule, { sample: start }, wavy, 0, stop));
      expect((await run(solver, schedule, kept, wavy, stop)).sample).toEqual(whole.sample);
    }
  });

  test('asks the model as often as it says, at levels between the ends of a step', async () => {
    const { sigmas } = schedule;
    for (let index = 0; index < 7; index++) {
      const levels: NoiseLevel[] = [];
      const state = index === 0 ? { sample: start } : await run(solver, schedule, { sample: start }, wavy, 0, index);
      const watched: Model = (sample, level) => {
        levels.push(level);
        return wavy(sample, level);
      };
      await run(solver, schedule, state, watched, index, index + 1);
      expect(levels).toHaveLength(solver.evaluations(schedule, index));
      expect(levels[0]).toEqual({ sigma: sigmas[index], timestep: schedule.timesteps[index] });
      for (const { sigma, timestep } of levels) {
        expect(sigma).toBeLessThanOrEqual(sigmas[index]);
        expect(sigma).toBeGreaterThanOrEqual(sigmas[index + 1]);
        expect(Math.abs(timestep - 1000 * sigma)).toBeLessThan(1e-4);
      }
    }
    expect(remainingEvaluations(solver, schedule, 5)).toBe(solver.evaluations(schedule, 5) + solver.evaluations(schedule, 6));
  });
});

test('under a perfect velocity every deterministic solver arrives at the clean sample', async () => {
  const clean = start.map((x, i) => Math.sin(3 * i) - x / 2);
  const noise = start;
  const sample = noise.slice();
  const perfect: Model = () => noise.map((value, i) => value - clean[i]);
  for (const config of every.filter(({ kind }) => kind !== 'euler-ancestral' && kind !== 'res-2s')) {
    const final = await run(createSolver(config, scheduler), falling(6, 0), { sample }, perfect);
    expect(relativeL2(final.sample, clean), JSON.stringify(config)).toBeLessThan(2e-6);
  }
});

test('the solver unipc is the UniPC scheduler on its own schedule', async () => {
  const own = createScheduler('UniPCMultistepScheduler', { use_flow_sigmas: true, prediction_type: 'flow_prediction', flow_shift: 3 });
  const schedule = own.schedule({ steps: 6 });
  const byScheduler = await run(createSolver({ kind: 'scheduler' }, own), schedule, { sample: start }, wavy);
  const bySolver = await run(createSolver({ kind: 'unipc' }, own), schedule, { sample: start }, wavy);
  expect(bySolver.sample).toEqual(byScheduler.sample);
});

test('phi functions are smooth where their series take over', () => {
  // Decimal arithmetic at 40 digits.
  const expected: [1 | 2, number, number][] = [
    [1, 0, 1],
    [2, 0, 0.5],
    [1, -0.0999, 0.9516726095885779],
    [1, -0.1001, 0.9515790327852921],
    [2, -0.0999, 0.48375766177599716],
    [2, -0.1001, 0.48372594620087855],
    [1, -6.8, 0.1468950330664934],
    [2, -6.8, 0.1254566127843392],
  ];
  for (const [order, z0, value] of expected) expect(Math.abs(phi(order, z0) - value), `phi ${order} ${z0}`).toBeLessThan(1e-12);
});

describe('bad input', () => {
  test.each([
    [/kind/, { kind: 'magic' }],
    [/eta/, { kind: 'res-2s', eta: 2 }],
    [/order/, { kind: 'unipc', order: 4 }],
    [/gamma/, { kind: 'gradient-estimating', gamma: 'two' }],
    [/[Uu]nrecognized/, { kind: 'heun', churn: 1 }],
  ])('%s', (message, config) => {
    // Configurations come from files: what they hold is not what their type says.
    const create = (): Solver => createSolver(config as SolverConfigInput, scheduler);
    expect(create).toThrow(AiprodError);
    expect(create).toThrow(message);
  });

  test('rising sigmas have no exponential step', async () => {
    const solver = createSolver({ kind: 'res-2s' }, scheduler);
    await expect(run(solver, scheduleOf([0.2, 0.5]), { sample: start }, wavy)).rejects.toThrow(/falling/);
  });

  test('all kinds are named', () => {
    expect([...new Set(every.map(({ kind }) => kind))].sort()).toEqual([...solverKinds].sort());
  });
});
