import { z } from 'zod';
import { AiprodError } from '../../errors';
import { expm1, log } from '../../numeric/elementary';
import { linspace } from '../timesteps';
import { requestedSteps, requiredMu } from './flow-match-euler';
import type { Schedule, Scheduler, ScheduleRequest, StepHistory, StepInput, StepResult } from './scheduler';
import { stepSigmas } from './scheduler';
import { shiftSigma, stretchToTerminal, timeShiftSigma } from './sigma-schedules';

const fround = Math.fround;
const off = (name: string) => z.literal(false, `${name} is not supported together with flow sigmas`).default(false);

/**
 * Config of diffusers' UniPCMultistepScheduler for flow-matching models (Wan), its field names and defaults. The
 * beta-schedule half of that class is for noise-prediction image models and is refused.
 */
export const uniPcConfigSchema = z.object({
  num_train_timesteps: z.number().int().positive().default(1000),
  use_flow_sigmas: z.literal(true, 'only UniPC with use_flow_sigmas = true is supported'),
  flow_shift: z.number().positive().default(1),
  prediction_type: z.enum(['epsilon', 'sample', 'v_prediction', 'flow_prediction']).default('epsilon'),
  predict_x0: z.literal(true, 'only predict_x0 = true is supported').default(true),
  solver_order: z.number().int().min(1).max(3).default(2),
  solver_type: z.enum(['bh1', 'bh2', 'midpoint', 'heun', 'logrho']).default('bh2'),
  solver_p: z.null('solver_p is not supported').default(null),
  lower_order_final: z.boolean().default(true),
  disable_corrector: z.array(z.number().int()).default([]),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  use_dynamic_shifting: z.boolean().default(false),
  time_shift_type: z.enum(['exponential', 'linear']).default('exponential'),
  shift_terminal: z.number().min(0).lt(1).nullable().default(null),
  thresholding: off('thresholding'),
  use_karras_sigmas: off('use_karras_sigmas').nullable(),
  use_exponential_sigmas: off('use_exponential_sigmas').nullable(),
  use_beta_sigmas: off('use_beta_sigmas').nullable(),
});

export type UniPcConfig = z.infer<typeof uniPcConfigSchema>;

/**
 * UniPC's flow schedule: `steps` of `steps + 1` even values from 1 to `1 / num_train_timesteps`, shifted, then a final 0 (or a
 * repeated last sigma). Timesteps are cut to integers, sigmas are not; a first sigma of 1 becomes 1 - 1e-6, since the
 * solver needs `log(1 - sigma)`.
 */
export function uniPcSchedule(config: UniPcConfig, request: ScheduleRequest): Schedule {
  if (request.timesteps !== undefined) {
    throw new AiprodError('bad-usage', 'UniPC derives its timesteps', {
      expected: 'steps or sigmas',
      found: 'timesteps',
      hint: 'Give sigmas = timesteps / num_train_timesteps instead',
    });
  }
  const steps = requestedSteps(request);
  const train = config.num_train_timesteps;
  const exact = (value: number): number => value;
  const even = (): Float64Array => linspace(1, 1 / train, steps + 1).slice(0, -1);
  let sigmas = request.sigmas === undefined ? even() : Float64Array.from(request.sigmas);
  if (config.use_dynamic_shifting) {
    const mu = requiredMu(request.mu);
    sigmas = sigmas.map((sigma) => timeShiftSigma(sigma, mu, config.time_shift_type, exact));
  } else {
    sigmas = sigmas.map((sigma) => shiftSigma(sigma, request.shift ?? config.flow_shift, exact));
  }
  if (config.shift_terminal) sigmas = stretchToTerminal(sigmas, config.shift_terminal, exact);
  if (Math.abs(sigmas[0] - 1) < 1e-6) sigmas[0] -= 1e-6;
  const withFinal = new Float32Array(steps + 1);
  withFinal.set(sigmas);
  withFinal[steps] = config.final_sigmas_type === 'sigma_min' ? sigmas[steps - 1] : 0;
  return { sigmas: withFinal, timesteps: Float32Array.from(sigmas, (sigma) => Math.trunc(sigma * train)) };
}

/** Half the log signal-to-noise ratio, `log((1 - sigma) / sigma)`; Infinity at sigma 0. */
function logSnr(sigma: number): number {
  return log(1 - sigma) - log(sigma);
}

/** Solves a dense linear system of at most 3 unknowns by Gaussian elimination with partial pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = rows[i][column] / rows[column][column];
      for (let j = column; j <= size; j++) rows[i][j] -= factor * rows[column][j];
    }
  }
  return rows.map((row, i) => row[size] / row[i]);
}

/** The scalars of one UniP or UniC update from sigma s to sigma t. */
interface UpdateCoefficients {
  /** `sigma_t / sigma_s` */
  sample: number;
  /** `alpha_t (e^-h - 1)` */
  latest: number;
  /** `alpha_t B(h)` */
  correction: number;
  /** Relative log-SNR positions of the older outputs. */
  ratios: number[];
  /** `rho`: weights of the older differences, then of the new one (corrector only). */
  weights: number[];
}

/**
 * Coefficients of the B(h) update. Zhao et al., "UniPC: A Unified Predictor-Corrector Framework", 2023, equations 8 and 9 and
 * appendix: `R_k = r^(k-1)`, `b_k = k! phi_(k+1)(h) / B(h)`, solved for `rho`; low orders have fixed weights.
 */
function updateCoefficients(
  config: UniPcConfig,
  sigmaS: number,
  sigmaT: number,
  olderSigmas: readonly number[],
  corrector: boolean,
): UpdateCoefficients {
  const order = olderSigmas.length + 1;
  const alphaT = fround(1 - sigmaT);
  const lambdaS = logSnr(sigmaS);
  const h = logSnr(sigmaT) - lambdaS;
  const ratios = olderSigmas.map((sigma) => (logSnr(sigma) - lambdaS) / h);
  const positions = [...ratios, 1];

  const hh = -h;
  const phi1 = expm1(hh);
  const bh = config.solver_type === 'bh1' ? hh : phi1;
  const matrix: number[][] = [];
  const right: number[] = [];
  let phi = phi1 / hh - 1;
  let factorial = 1;
  for (let k = 1; k <= order; k++) {
    matrix.push(positions.map((position) => position ** (k - 1)));
    right.push((phi * factorial) / bh);
    factorial *= k + 1;
    phi = phi / hh - 1 / factorial;
  }

  let weights: number[];
  if (corrector) weights = order === 1 ? [0.5] : solve(matrix, right);
  else if (order === 1) weights = [];
  else if (order === 2) weights = [0.5];
  else
    weights = solve(
      matrix.slice(0, -1).map((row) => row.slice(0, -1)),
      right.slice(0, -1),
    );
  return { sample: sigmaT / sigmaS, latest: alphaT * phi1, correction: alphaT * bh, ratios, weights };
}

/**
 * `x_t = (sigma_t / sigma_s) x - alpha_t (e^-h - 1) m - alpha_t B(h) sum_i rho_i D_i`, with `D_i = (m_i - m) / r_i` for the
 * older outputs and `m_t - m` for the output at t, which only the corrector has.
 */
function update(
  x: Float32Array,
  latest: Float32Array,
  older: readonly Float32Array[],
  atT: Float32Array | undefined,
  c: UpdateCoefficients,
): Float32Array {
  const scale = fround(c.sample);
  const latestScale = fround(c.latest);
  const correction = fround(c.correction);
  // B(h) may be infinite at sigma 0, where the order is 1: no term at all then, instead of Infinity * 0.
  if (older.length === 0 && atT === undefined) return x.map((value, i) => fround(scale * value) - fround(latestScale * latest[i]));
  return x.map((value, i) => {
    const m = latest[i];
    let sum = 0;
    for (let k = 0; k < older.length; k++) {
      sum = fround(sum + fround(fround(c.weights[k]) * fround(fround(older[k][i] - m) / fround(c.ratios[k]))));
    }
    if (atT !== undefined) sum = fround(sum + fround(fround(c.weights[older.length]) * fround(atT[i] - m)));
    return fround(fround(scale * value) - fround(latestScale * m)) - fround(correction * sum);
  });
}

/** The clean sample that a model output stands for, at noise level sigma. */
function predictedClean(config: UniPcConfig, sample: Float32Array, output: Float32Array, sigma: number): Float32Array {
  const alpha = fround(1 - sigma);
  switch (config.prediction_type) {
    case 'flow_prediction':
      return sample.map((x, i) => x - fround(sigma * output[i]));
    case 'epsilon':
      return sample.map((x, i) => fround(x - fround(sigma * output[i])) / alpha);
    case 'v_prediction':
      return sample.map((x, i) => fround(alpha * x) - fround(sigma * output[i]));
    case 'sample':
      return output.slice();
  }
}

/**
 * One UniPC step: the corrector improves the sample that the step before predicted, now that the model has seen it, then the
 * predictor goes to the next sigma. The order grows from 1 as history fills and, with `lower_order_final`, falls at the end.
 */
export function uniPcStep(config: UniPcConfig, input: StepInput): StepResult {
  const { sigma, sigmaNext } = stepSigmas(input);
  const { schedule, index, modelOutput, history } = input;
  const clean = predictedClean(config, input.sample, modelOutput, sigma);
  const sigmasBefore = (last: number, count: number): number[] => Array.from({ length: count }, (_, i) => schedule.sigmas[last - 1 - i]);

  let sample = input.sample;
  if (history?.lastSample !== undefined && index > 0 && !config.disable_corrector.includes(index - 1)) {
    const outputs = [...history.modelOutputs].reverse();
    const olderSigmas = sigmasBefore(index - 1, history.order - 1);
    const coefficients = updateCoefficients(config, schedule.sigmas[index - 1], sigma, olderSigmas, true);
    sample = update(history.lastSample, outputs[0], outputs.slice(1, history.order), clean, coefficients);
  }

  const modelOutputs = [...(history?.modelOutputs ?? []), clean].slice(-config.solver_order);
  // The repeated last sigma of `final_sigmas_type` sigma_min: a step of no length.
  if (sigmaNext === sigma) return { sample, history: { modelOutputs, lastSample: sample, order: 1 } };
  const remaining = schedule.timesteps.length - index;
  const highest = config.lower_order_final ? Math.min(config.solver_order, remaining) : config.solver_order;
  const order = Math.min(highest, modelOutputs.length);
  const coefficients = updateCoefficients(config, sigma, sigmaNext, sigmasBefore(index, order - 1), false);
  const older = [...modelOutputs].reverse().slice(1, order);
  const next: StepHistory = { modelOutputs, lastSample: sample, order };
  return { sample: update(sample, clean, older, undefined, coefficients), history: next };
}

/** UniPCMultistepScheduler as a {@link Scheduler}. */
export function uniPcScheduler(config: UniPcConfig): Scheduler {
  return {
    className: 'UniPCMultistepScheduler',
    schedule: (request) => uniPcSchedule(config, request),
    needsNoise: () => false,
    step: (input) => uniPcStep(config, input),
  };
}
