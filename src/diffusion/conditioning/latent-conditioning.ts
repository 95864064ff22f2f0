import type { Scheduler, StepInput, StepResult } from '../schedulers';

const fround = Math.fround;

/** A prediction of the model that conditioning may correct. */
export interface VelocityInput {
  /** Packed latents [1, N, C] that the model was shown. */
  readonly sample: Float32Array;
  /** Guided velocity [1, N, C]. */
  readonly velocity: Float32Array;
  /** Where the solver is, 0 to 1. */
  readonly sigma: number;
}

/**
 * How latents of which some are given take part in denoising. Pure functions, so that a run can go on from any step. What is
 * done to velocities and samples suits every solver; `step` takes the solver's place instead, for the one way of stepping tokens
 * that is no solver of a single noise level.
 */
export interface LatentConditioning {
  /**
   * Whether guidance of clean latents takes those of every token at the schedule's noise level, given ones too
   * (`LTX2ImageToVideoPipeline`); else each token's are taken at its own.
   */
  readonly guidedAtOneLevel?: true;
  /** Timesteps [N] that the model is shown while the schedule is at `timestep`: lower for given tokens. */
  tokenTimesteps(timestep: number): Float32Array;
  /** Changes the latents before a step's prediction. */
  beforeStep?(latents: Float32Array, timestep: number, step: number): Float32Array;
  /** Corrects a velocity, so that given tokens go to what is given for them. */
  velocity?(input: VelocityInput): Float32Array;
  /** Puts tokens that do not move back to what they were `before` the step: in what the model is shown, and after the step. */
  hold?(sample: Float32Array, before: Float32Array): Float32Array;
  /** Takes the place of the solver's step; the model output is the guided velocity. For schedulers of one evaluation a step. */
  step?(scheduler: Scheduler, input: StepInput): StepResult;
}

/**
 * Holds tokens as they are: the model is shown timestep `t (1 - mask)`, and tokens of mask 1 do not move
 * (`LTXImageToVideoPipeline`).
 *
 * @param mask [N], 1 for a token that is given, 0 for one to denoise
 */
export function holdTokens(mask: Float32Array): LatentConditioning {
  const channelsOf = (values: Float32Array): number => values.length / mask.length;
  return {
    guidedAtOneLevel: true,
    tokenTimesteps: (timestep) => mask.map((value) => timestep * fround(1 - value)),
    velocity({ velocity }) {
      const channels = channelsOf(velocity);
      return velocity.map((value, k) => (mask[Math.floor(k / channels)] === 1 ? 0 : value));
    },
    hold(sample, before) {
      const channels = channelsOf(sample);
      return sample.map((value, k) => (mask[Math.floor(k / channels)] === 1 ? before[k] : value));
    },
  };
}

/**
 * Tokens that are given to a degree, for any solver: a token is shown to the model at noise level `sigma (1 - strength)`, and its
 * clean prediction is drawn towards what is given, `(1 - strength) x0 + strength given`, of which the solver sees the velocity
 * `(x - x0) / sigma` (LTX-2: `timesteps_from_mask`, `post_process_latent`; its denoise mask is `1 - strength`).
 *
 * @param strengths [N], 0 (free) to 1 (kept)
 * @param given [1, N, C]; read only where strengths are above 0
 * @param levels whether a token's clean prediction is taken at its own noise level or at that of the schedule (`LTX2ConditionPipeline`)
 */
export function guideTokens(
  strengths: Float32Array,
  given: Float32Array,
  beforeStep?: LatentConditioning['beforeStep'],
  levels: 'own' | 'one' = 'own',
): LatentConditioning {
  const channels = given.length / strengths.length;
  return {
    ...(beforeStep === undefined ? {} : { beforeStep }),
    ...(levels === 'one' ? { guidedAtOneLevel: true } : {}),
    tokenTimesteps: (timestep) => strengths.map((strength) => timestep * fround(1 - strength)),
    velocity: ({ sample, velocity, sigma }) =>
      velocity.map((value, k) => {
        const strength = strengths[Math.floor(k / channels)];
        if (strength === 0) return value;
        const free = fround(1 - strength);
        const clean = fround(sample[k] - fround(fround(levels === 'one' ? sigma : sigma * free) * value));
        const drawn = fround(fround(free * clean) + fround(strength * given[k]));
        return fround(sample[k] - drawn) / fround(sigma);
      }),
  };
}
