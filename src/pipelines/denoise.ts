import { AiprodError } from '../errors';
import {
  createScheduler,
  passesOfRun,
  schedulerSolver,
  trainTimesteps,
  type Guider,
  type GuiderMemory,
  type GuidancePass,
  type LatentConditioning,
  type NoiseLevel,
  type Predictions,
  type Schedule,
  type Scheduler,
  type Solver,
  type StepHistory,
  type TokenRun,
  valuesOfElements,
} from '../diffusion';

export { trainTimesteps, type LatentConditioning } from '../diffusion';

/** What the transformer says of one step: packed predictions [1, N, C] by the names of their passes. */
export type StepPrediction = Predictions;

/** The transformer of a run, bound to its prompt and positions. */
export interface VelocityModel {
  /**
   * @param latents packed [1, N, C]
   * @param timesteps 0 to 1000: [1], or [N] where tokens have timesteps of their own
   * @param passes the predictions that are wanted, the conditional one first; all of a run are told by `passesOfRun`
   */
  predict(latents: Float32Array, timesteps: Float32Array, passes: readonly GuidancePass[]): Promise<StepPrediction>;
}

/** Where a run of denoising stands: everything needed to go on from here. Plain data. */
export interface DenoiseState {
  /** Steps that are done. */
  readonly step: number;
  /** Packed latents [1, N, C] in the model's units. */
  readonly latents: Float32Array;
  /** What the solver remembers of earlier steps. */
  readonly history?: StepHistory;
  /** What the guider remembers of earlier steps. */
  readonly guidance?: GuiderMemory;
  /** Name of the solver that made the history. */
  readonly solver?: string;
}

export interface DenoiseRequest {
  readonly scheduler: Scheduler;
  readonly schedule: Schedule;
  /** Steps along the schedule. Default: the scheduler's own step. */
  readonly solver?: Solver;
  /** Where to begin: step 0 with noise, or a kept state. */
  readonly state: DenoiseState;
  readonly guidance: Guider;
  readonly model: VelocityModel;
  /** Absent when nothing is given: every token is denoised alike. */
  readonly conditioning?: LatentConditioning;
  /** The tokens of the latents, where they are not all of one width. */
  readonly tokens?: readonly TokenRun[];
  /** Standard normal numbers for solvers that add noise at a step, the n-th draw of it. */
  noise(step: number, draw: number): Float32Array;
  /** After each step; `denoised` makes the present guess at the clean latents, `x - sigma v` (flow matching). */
  onStep?(state: DenoiseState, denoised: () => Float32Array): void | Promise<void>;
}

/** What each step of a run asks of the model: its passes, and how often the solver evaluates them. */
export function evaluationsOfSteps(
  solver: Solver,
  guider: Guider,
  schedule: Schedule,
): { readonly passes: readonly GuidancePass[]; readonly evaluations: number }[] {
  return passesOfRun(guider, schedule).perStep.map((passes, step) => ({ passes, evaluations: solver.evaluations(schedule, step) }));
}

/** A guided evaluation of the model. */
interface Evaluation {
  readonly sample: Float32Array;
  readonly velocity: Float32Array;
  /** Noise levels of the tokens that the model was shown: [1], or one for each of equally long parts of the sample. */
  readonly sigmas: Float32Array;
}

/** The denoising loop: predict, guide, step; deterministic, and resumable at any step from its state. */
export async function denoise(request: DenoiseRequest): Promise<DenoiseState> {
  const { scheduler, schedule, conditioning } = request;
  const solver = request.solver ?? schedulerSolver(scheduler);
  const guider = request.guidance;
  requireOwnHistory(request.state, solver);
  requireStepping(request, solver);
  let state = request.state;
  const steps = schedule.timesteps.length;
  for (let index = state.step; index < steps; index++) {
    const before = conditioning?.beforeStep?.(state.latents, schedule.timesteps[index], index) ?? state.latents;
    // The guider decides once a step: passes and memory do not depend on how often the solver asks within it.
    const point = { step: index, steps, sigma: schedule.sigmas[index] };
    const passes = guider.passes(point);
    const known = state.guidance;
    let first: Evaluation | undefined;
    let memory = known;
    const predict = async (asked: Float32Array, level: NoiseLevel): Promise<Float32Array> => {
      const sample = first === undefined ? asked : (conditioning?.hold?.(asked, before) ?? asked);
      const timesteps = conditioning?.tokenTimesteps(level.timestep) ?? Float32Array.of(level.timestep);
      const oneLevel = conditioning === undefined || conditioning.guidedAtOneLevel === true;
      const levels = oneLevel ? Float32Array.of(level.sigma) : timesteps.map((value) => value / trainTimesteps);
      const sigmas = request.tokens === undefined ? levels : valuesOfElements(levels, request.tokens);
      const predictions = await request.model.predict(sample, timesteps, passes);
      const own = guider.space === 'velocity' ? predictions : denoisedPredictions(predictions, sample, sigmas);
      const guided = guider.guide({ ...point, batch: 1, predictions: own, ...(known === undefined ? {} : { memory: known }) });
      const velocity = guider.space === 'velocity' ? guided.prediction : velocityOf(guided.prediction, sample, sigmas);
      requireFinite(velocity, index);
      const corrected = conditioning?.velocity?.({ sample, velocity, sigma: level.sigma }) ?? velocity;
      if (first === undefined) {
        first = { sample, velocity: corrected, sigmas };
        memory = guided.memory;
      }
      return corrected;
    };
    const result = await takeStep(request, solver, { index, before, predict, history: state.history });
    const latents = conditioning?.hold?.(result.sample, before) ?? result.sample;
    state = {
      step: index + 1,
      latents,
      ...(result.history === undefined ? {} : { history: result.history, solver: solver.name }),
      ...(memory === undefined ? {} : { guidance: memory }),
    };
    await request.onStep?.(state, () => {
      if (first === undefined) throw new AiprodError('internal', `the solver ${solver.name} made a step without a prediction`);
      return cleanOf(first.velocity, first.sample, first.sigmas);
    });
  }
  return state;
}

/** The solver whose steps tokens of different noise levels may take, whatever the model's scheduler is. */
const euler = { name: 'euler', scheduler: createScheduler('FlowMatchEulerDiscreteScheduler', {}) };

interface StepWork {
  readonly index: number;
  readonly before: Float32Array;
  predict(sample: Float32Array, level: NoiseLevel): Promise<Float32Array>;
  readonly history: StepHistory | undefined;
}

async function takeStep(request: DenoiseRequest, solver: Solver, work: StepWork): Promise<{ sample: Float32Array; history?: StepHistory }> {
  const { schedule, scheduler, conditioning, noise, tokens } = request;
  const { index, before, predict } = work;
  const parts = tokens === undefined ? {} : { parts: tokens.map((run) => run.tokens * run.channels) };
  const history = work.history === undefined ? {} : { history: work.history };
  if (conditioning?.step === undefined) {
    return solver.step({ schedule, index, sample: before, predict, noise: (draw) => noise(index, draw), ...parts, ...history });
  }
  const modelOutput = await predict(before, { sigma: schedule.sigmas[index], timestep: schedule.timesteps[index] });
  return conditioning.step(solver.name === euler.name ? euler.scheduler : scheduler, {
    schedule,
    index,
    sample: before,
    modelOutput,
    ...history,
  });
}

/** `x - sigma v` for each token. */
function cleanOf(velocity: Float32Array, sample: Float32Array, sigmas: Float32Array): Float32Array {
  const channels = sample.length / sigmas.length;
  return sample.map((value, k) => value - sigmas[Math.floor(k / channels)] * velocity[k]);
}

/** `(x - clean) / sigma` for each token; 0 where there is no noise to take away. */
function velocityOf(clean: Float32Array, sample: Float32Array, sigmas: Float32Array): Float32Array {
  const channels = sample.length / sigmas.length;
  return sample.map((value, k) => {
    const sigma = sigmas[Math.floor(k / channels)];
    return sigma === 0 ? 0 : Math.fround(value - clean[k]) / sigma;
  });
}

function denoisedPredictions(predictions: Predictions, sample: Float32Array, sigmas: Float32Array): Predictions {
  return Object.fromEntries(
    Object.entries(predictions).flatMap(([name, velocity]) =>
      velocity === undefined ? [] : [[name, cleanOf(velocity, sample, sigmas)] as const],
    ),
  );
}

/** A solver cannot make sense of what another one remembers. */
function requireOwnHistory(state: DenoiseState, solver: Solver): void {
  if (state.history === undefined || state.solver === undefined || state.solver === solver.name) return;
  throw new AiprodError('bad-input', 'the run was begun with another solver', {
    expected: `a state of ${solver.name}`,
    found: `a state of ${state.solver}`,
    hint: `Go on with ${state.solver}, or begin anew`,
  });
}

/** Conditions that step each token on its own leave no room for another solver. */
function requireStepping({ conditioning, scheduler }: DenoiseRequest, solver: Solver): void {
  if (conditioning?.step === undefined || solver.name === euler.name || solver.name === scheduler.className) return;
  throw new AiprodError('bad-usage', 'these conditions step each token on its own, which is defined for Euler steps only', {
    expected: 'the solver euler or that of the scheduler',
    found: solver.name,
  });
}

function requireFinite(values: Float32Array, step: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  throw new AiprodError('not-finite', `the transformer gave ${values[at]} at step ${step + 1}`, {
    expected: 'finite numbers',
    found: `${values[at]} at element ${at}`,
    hint: 'Check the model with aiprod models verify, or use --dtype f32',
  });
}
