import { z } from 'zod';
import {
  combinedGuider,
  guidanceSchema,
  passesOfRun,
  solverSchema,
  unpackAudioLatents,
  type GuidancePass,
  type Guider,
} from '../../diffusion';
import type { VideoShape } from '../../models';
import { nodeKind, type NodeEstimate, type NodeKind } from '../dag';
import type { TransformerRequest, VideoMachine } from '../video-machine';
import { alongSchedule, scheduleOf, workAlongSchedule, type DenoiseHooks } from './along-schedule';
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
    async run(inputs, context) {
      const own = context.settings;
      const { shape, seed } = own;
      const states = inputs.tensor('states');
      const text = {
        prompts: states.shape[0],
        states: states.data,
        mask: inputs.tensor('mask').data,
        audioStates: inputs.tensor('audioStates').data,
      };
      const final = await alongSchedule(machine, hooks, context, {
        settings: own,
        request: { ...soundRequest(own), text, latentShape: NO_PICTURE, seed },
        guidance: guiderOf(own),
        noise: machine.noise(seed),
        first: () => inputs.tensor('tokens').data,
      });
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
  return workAlongSchedule(machine, own, guiderOf(own), flopsOf);
}

const guiderOf = ({ guidance, stgBlocks }: DenoiseSoundSettings): Guider => combinedGuider(guidance, { stgBlocks });

/** What the node asks of the transformer; known without weights. */
export function soundRequest(own: DenoiseSoundSettings): TransformerRequest {
  return {
    passes: passesOfRun(guiderOf(own), scheduleOf(own)).distinct,
    // Without a picture its place has no meaning.
    positions: { frames: 1, height: 1, width: 1 },
    timesteps: 'sample',
    stage: 1,
    audio: { frames: own.shape[2], frameRate: 24 },
    soundAlone: true,
  };
}
