import { expm1, log } from '../../numeric/elementary';
import { stepSigmas } from '../schedulers/scheduler';
import { levelAt, type Solver } from './solver';

const fround = Math.fround;

/** Half the log signal-to-noise ratio of flow matching, `log((1 - sigma) / sigma)`. */
function logSnr(sigma: number): number {
  return log(1 - sigma) - log(sigma);
}

/**
 * DPM-Solver++(2M), for flow matching (alpha = 1 - sigma): `x_t = (sigma_t / sigma_s) x - alpha_t (e^-h - 1) D` with
 * `D = m + (m - m_before) / (2 r)`, m the clean prediction, h the step in log-SNR and r the step before over it. The first step and
 * the step to 0 are of first order. Lu et al., "DPM-Solver++", 2022, algorithm 2 (`DPMSolverMultistepScheduler`, midpoint).
 */
export const dpmMultistepSolver: Solver = {
  name: 'dpmpp-2m',
  evaluations: () => 1,
  async step({ schedule, index, sample, predict, history }) {
    const velocity = await predict(sample, levelAt(schedule, index));
    const { sigma, sigmaNext } = stepSigmas({ schedule, index, sample, modelOutput: velocity });
    const clean = sample.map((x, i) => x - fround(sigma * velocity[i]));
    const next = { modelOutputs: [clean], order: 1 };
    if (sigmaNext === 0) return { sample: clean, history: next };
    const lambda = logSnr(sigma);
    const h = logSnr(sigmaNext) - lambda;
    const before = index > 0 ? history?.modelOutputs.at(-1) : undefined;
    // A step that began at pure noise is infinitely long in log-SNR and says nothing about the slope: weight 0.
    const slope = before === undefined ? 0 : fround((0.5 * h) / (lambda - logSnr(schedule.sigmas[index - 1])));
    const scale = fround(sigmaNext / sigma);
    const weight = fround((1 - sigmaNext) * expm1(-h));
    return {
      sample: sample.map((x, i) => {
        const m = clean[i];
        const direction = slope === 0 || before === undefined ? m : m + fround(slope * fround(m - before[i]));
        return fround(scale * x) - fround(weight * fround(direction));
      }),
      history: next,
    };
  },
};
