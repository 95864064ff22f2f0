import { z } from 'zod';
import {
  combinedGuider,
  createSolver,
  guidanceSchema,
  passesOfRun,
  solverSchema,
  unpackAudioLatents,
  type GuidancePass,
} from '../../diffusion';
import { AiprodError } from '../../errors';
import type { VideoShape } from '../../models';
import { nodeKind, type NodeEstimate, type NodeKind } from '../dag';
import { denoise, evaluationsOfSteps, type DenoiseState } from '../denoise';
import { decodeState, encodeState } from '../run-state';
import type { TransformerRequest, VideoMachine } from '../video-machine';
import type { DenoiseHooks } from './denoise-latents';
import { audioShapeSchema, identitySchema } from './video-value';

const settings = z.strictObject({
  /** See Schedule of src/diffusion. */
  sigmas: z.array(z.number()),
  timesteps: z.array(z.number()),
  /** Of the audio latents. */
  shape: audioShapeSchema,
  guidance: guidanceSchema,
  /** Blocks to perturb where a term of guidance does not say which. */
  stgBlocks: z.array(z.int().min(0)),
  solver: solverSchema,
  seed: z.int().min(0),
  model: identitySchema,
});
export { settings as denoiseSoundSettings };
export type DenoiseSoundSettings = z.output<typeof settings>;

/** Latents of a picture that is not there, for what asks for some. */
export const NO_PICTURE: VideoShape = [1, 1, 1, 2, 2];

/**
 * Noise to audio latents along a schedule, without a picture. Inputs: `tokens` [1, T, C] to begin with, and what `encode-text` gives.
 * Output: `audio` [1, C, T, M] in the model's units. Its checkpoint is the state after the latest step.
 */
export function denoiseSoundKind(machine: VideoMachine, hooks: DenoiseHooks): NodeKind {
  return nodeKind({
    name: 'denoise-sound',
    version: 1,
    outputs: ['audio'],
    keep: 'store',
    settings,
    estimate: (own): NodeEstimate => machine.estimates?.transformer(soundRequest(own), NO_PICTURE) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { name, settings: own, signal, checkpoint, progress }) {
      const { shape, seed } = own;
      const noise = machine.noise(seed);
      const schedule = { sigmas: Float32Array.from(own.sigmas), timesteps: Float32Array.from(own.timesteps) };
      const steps = schedule.timesteps.length;
      const kept = await checkpoint.load();
      const begin: DenoiseState =
        kept === undefined ? { step: 0, latents: inputs.tensor('tokens').data } : await decodeState(kept, `checkpoint of ${name}`);
      const states = inputs.tensor('states');
      const text = {
        prompts: states.shape[0],
        states: states.data,
        mask: inputs.tensor('mask').data,
        audioStates: inputs.tensor('audioStates').data,
      };
      const request = { ...soundRequest(own), text, latentShape: NO_PICTURE, seed };
      const run = (state: DenoiseState): Promise<DenoiseState> =>
        machine.withTransformer(request, signal, async ({ model, flops }) => {
          progress(state.step, steps);
          hooks.onStep?.(name, { state, steps, flops });
          return denoise({
            scheduler: machine.scheduler,
            schedule,
            state,
            guidance: combinedGuider(own.guidance, { stgBlocks: own.stgBlocks }),
            solver: createSolver(own.solver, machine.scheduler),
            model,
            noise: (step, draw) => noise('steps', step + draw * drawStride, state.latents.length),
            async onStep(reached) {
              await checkpoint.save(encodeState(reached));
              hooks.onStep?.(name, { state: reached, steps, flops });
              progress(reached.step, steps);
              if (signal.aborted) throw new AiprodError('cancelled', 'the run was cancelled');
            },
          });
        });
      const final = begin.step === steps ? begin : await run(begin);
      return { audio: { shape, data: unpackAudioLatents(final.latents, shape) } };
    },
  });
}

/** Arithmetic of each step; known without weights. */
export function workOfSoundSteps(
  machine: Pick<VideoMachine, 'scheduler'>,
  own: DenoiseSoundSettings,
  flopsOf: (passes: readonly GuidancePass[]) => number,
): number[] {
  const schedule = { sigmas: Float32Array.from(own.sigmas), timesteps: Float32Array.from(own.timesteps) };
  const guider = combinedGuider(own.guidance, { stgBlocks: own.stgBlocks });
  const steps = evaluationsOfSteps(createSolver(own.solver, machine.scheduler), guider, schedule);
  return steps.map(({ passes, evaluations }) => evaluations * flopsOf(passes));
}

/** Draws of one step after its first come from this many steps further on. */
const drawStride = 10_000;

/** What the node asks of the transformer; known without weights. */
export function soundRequest(own: DenoiseSoundSettings): TransformerRequest {
  const schedule = { sigmas: Float32Array.from(own.sigmas), timesteps: Float32Array.from(own.timesteps) };
  const guider = combinedGuider(own.guidance, { stgBlocks: own.stgBlocks });
  return {
    passes: passesOfRun(guider, schedule).distinct,
    // Without a picture its place has no meaning.
    positions: { frames: 1, height: 1, width: 1 },
    timesteps: 'sample',
    stage: 1,
    audio: { frames: own.shape[2], frameRate: 24 },
    soundAlone: true,
  };
}
