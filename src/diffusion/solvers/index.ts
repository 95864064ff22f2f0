import { z } from 'zod';
import { parseConfig } from '../parse-config';
import { eulerStep, type Scheduler, type StepResult } from '../schedulers';
import { ltxEulerAncestralStep } from '../schedulers/ltx-euler-ancestral';
import { stepSigmas } from '../schedulers/scheduler';
import { uniPcConfigSchema, uniPcStep } from '../schedulers/unipc-multistep';
import { dpmMultistepSolver } from './dpm-multistep';
import { gradientEstimatingSolver } from './gradient-estimating';
import { heunSolver } from './heun';
import { res2sSolver } from './res-2s';
import { levelAt, type Solver, type SolverInput } from './solver';

export { levelAt, levelOf, type NoiseLevel, remainingEvaluations, type Solver, type SolverInput } from './solver';

/** Which solver steps along a schedule. Plain data. */
export const solverSchema = z.discriminatedUnion('kind', [
  /** The step of the model's own scheduler. */
  z.strictObject({ kind: z.literal('scheduler') }),
  z.strictObject({ kind: z.literal('euler') }),
  /** Euler with fresh noise after each step (`LTXEulerAncestralRFScheduler`). */
  z.strictObject({
    kind: z.literal('euler-ancestral'),
    /** 0 is deterministic, 1 the usual amount of fresh noise. */
    eta: z.number().min(0).max(1).default(1),
    /** Scale of the fresh noise. */
    noiseScale: z.number().min(0).default(1),
  }),
  z.strictObject({ kind: z.literal('heun') }),
  z.strictObject({
    kind: z.literal('res-2s'),
    /** Share of a step's noise that is fresh, at its end and at its midpoint. */
    eta: z.number().min(0).max(1).default(0),
    midpointEta: z.number().min(0).max(1).default(0),
    anchorIterations: z.int().min(0).max(1000).default(0),
  }),
  z.strictObject({ kind: z.literal('gradient-estimating'), gamma: z.number().min(0).max(10).default(2) }),
  z.strictObject({
    kind: z.literal('unipc'),
    order: z.int().min(1).max(3).default(2),
    variant: z.enum(['bh1', 'bh2']).default('bh2'),
  }),
  z.strictObject({ kind: z.literal('dpmpp-2m') }),
]);

export type SolverConfig = z.output<typeof solverSchema>;
export type SolverConfigInput = z.input<typeof solverSchema>;
export type SolverKind = SolverConfig['kind'];

/** All kinds of solvers, for menus and help. */
export const solverKinds: readonly SolverKind[] = solverSchema.options.map((option) => option.shape.kind.value);

/** A solver of one evaluation a step, at the sample itself. */
function singleEvaluation(name: string, step: (input: SolverInput, modelOutput: Float32Array) => StepResult): Solver {
  return {
    name,
    evaluations: () => 1,
    async step(input) {
      return step(input, await input.predict(input.sample, levelAt(input.schedule, input.index)));
    },
  };
}

/** The scheduler's own step as a solver. */
export function schedulerSolver(scheduler: Scheduler): Solver {
  return singleEvaluation(scheduler.className, ({ schedule, index, sample, history, noise }, modelOutput) =>
    scheduler.step({
      schedule,
      index,
      sample,
      modelOutput,
      ...(scheduler.needsNoise(schedule, index) ? { noise: noise(0) } : {}),
      ...(history === undefined ? {} : { history }),
    }),
  );
}

const eulerSolver = singleEvaluation('euler', ({ schedule, index, sample }, modelOutput) => {
  const { sigma, sigmaNext } = stepSigmas({ schedule, index, sample, modelOutput });
  return { sample: eulerStep(sample, modelOutput, sigma, sigmaNext) };
});

function ancestralSolver(eta: number, s_noise: number): Solver {
  return singleEvaluation('euler-ancestral', ({ schedule, index, sample, noise }, modelOutput) => {
    const draws = eta > 0 && s_noise > 0 && schedule.sigmas[index + 1] >= 1e-8;
    return ltxEulerAncestralStep({ eta, s_noise }, { schedule, index, sample, modelOutput, ...(draws ? { noise: noise(0) } : {}) });
  });
}

function uniPcSolver(order: number, variant: 'bh1' | 'bh2'): Solver {
  const config = uniPcConfigSchema.parse({
    use_flow_sigmas: true,
    prediction_type: 'flow_prediction',
    solver_order: order,
    solver_type: variant,
  });
  // log(1 - sigma) must be finite: as in UniPC's own schedule.
  const highest = Math.fround(1 - 1e-6);
  return singleEvaluation('unipc', ({ schedule, index, sample, history }, modelOutput) => {
    const sigmas = schedule.sigmas.map((sigma) => Math.min(sigma, highest));
    const input = { schedule: { sigmas, timesteps: schedule.timesteps }, index, sample, modelOutput };
    return uniPcStep(config, { ...input, ...(history === undefined ? {} : { history }) });
  });
}

/**
 * The solver that a configuration describes.
 *
 * @param scheduler whose step is taken for kind `scheduler`
 * @throws AiprodError 'bad-input' for a configuration that does not validate
 */
export function createSolver(config: SolverConfigInput, scheduler: Scheduler): Solver {
  const parsed = parseConfig(solverSchema, config, 'solver');
  switch (parsed.kind) {
    case 'scheduler':
      return schedulerSolver(scheduler);
    case 'euler':
      return eulerSolver;
    case 'euler-ancestral':
      return ancestralSolver(parsed.eta, parsed.noiseScale);
    case 'heun':
      return heunSolver;
    case 'res-2s':
      return res2sSolver(parsed);
    case 'gradient-estimating':
      return gradientEstimatingSolver(parsed.gamma);
    case 'unipc':
      return uniPcSolver(parsed.order, parsed.variant);
    case 'dpmpp-2m':
      return dpmMultistepSolver;
  }
}
