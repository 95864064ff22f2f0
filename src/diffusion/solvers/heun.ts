import { eulerStep } from '../schedulers';
import { stepSigmas } from '../schedulers/scheduler';
import { levelAt, levelOf, type Solver } from './solver';

const fround = Math.fround;

/**
 * Heun's second-order method: an Euler step, then the step again with the mean of the velocities at both ends; the step to 0 is
 * Euler's. Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, algorithm 1
 * (`FlowMatchHeunDiscreteScheduler`).
 */
export const heunSolver: Solver = {
  name: 'heun',
  evaluations: (schedule, index) => (schedule.sigmas[index + 1] === 0 ? 1 : 2),
  async step({ schedule, index, sample, predict }) {
    const velocity = await predict(sample, levelAt(schedule, index));
    const { sigma, sigmaNext } = stepSigmas({ schedule, index, sample, modelOutput: velocity });
    const euler = eulerStep(sample, velocity, sigma, sigmaNext);
    if (sigmaNext === 0) return { sample: euler };
    const next = await predict(euler, index + 1 < schedule.timesteps.length ? levelAt(schedule, index + 1) : levelOf(sigmaNext));
    const dt = fround(sigmaNext - sigma);
    return { sample: sample.map((x, i) => x + fround(dt * fround(0.5 * fround(velocity[i] + next[i])))) };
  },
};
