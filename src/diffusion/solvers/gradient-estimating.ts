import { eulerStep } from '../schedulers';
import { stepSigmas } from '../schedulers/scheduler';
import { levelAt, type Solver } from './solver';

const fround = Math.fround;

/**
 * Gradient estimation: Euler along `v' = gamma v + (1 - gamma) v_before`, which cancels the error that velocities of neighbouring
 * steps share. The first step and the step to 0 are Euler's. Permenter and Yuan, "Interpreting and Improving Diffusion Models
 * from an Optimization Perspective", 2023, algorithm 2 (`gradient_estimating_euler_denoising_loop` of LTX-2).
 *
 * @param gamma 1 is Euler, 2 the paper's choice
 */
export function gradientEstimatingSolver(gamma: number): Solver {
  return {
    name: 'gradient-estimating',
    evaluations: () => 1,
    async step({ schedule, index, sample, predict, history }) {
      const velocity = await predict(sample, levelAt(schedule, index));
      const { sigma, sigmaNext } = stepSigmas({ schedule, index, sample, modelOutput: velocity });
      const before = history?.modelOutputs.at(-1);
      const estimated =
        before === undefined || sigmaNext === 0
          ? velocity
          : velocity.map((value, i) => fround(fround(gamma) * fround(value - before[i])) + before[i]);
      return {
        sample: eulerStep(sample, estimated, sigma, sigmaNext),
        history: { modelOutputs: [velocity], order: 1 },
      };
    },
  };
}
