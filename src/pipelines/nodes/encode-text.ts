import { z } from 'zod';
import { nodeKind, type NodeKind } from '../dag';
import type { VideoMachine } from '../video-machine';
import { identitySchema } from './video-value';

const settings = z.strictObject({
  /** The negative prompt first, where there is one. */
  prompts: z.array(z.string()).min(1).max(2),
  stage: z.union([z.literal(1), z.literal(2)]),
  model: identitySchema,
});

export { settings as encodeTextSettings };

/**
 * Prompts to the states that the transformer reads: `states` [B, M, D], `mask` [B, M], and `audioStates` [B, M, D'] where the model
 * makes sound.
 */
export function encodeTextKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'encode-text',
    version: 1,
    outputs: machine.audio === undefined ? ['states', 'mask'] : ['states', 'mask', 'audioStates'],
    keep: 'store',
    settings,
    estimate: ({ prompts, stage }) => machine.estimates?.text(prompts, stage) ?? { totalBytes: 0, weightBytes: 0 },
    async run(_, { settings: { prompts, stage }, signal, progress }) {
      progress(0, 1);
      const { states, mask, audioStates } = await machine.encodeText(prompts, stage, signal);
      progress(1, 1);
      const batch = prompts.length;
      const length = mask.length / batch;
      return {
        states: { shape: [batch, length, states.length / mask.length], data: states },
        mask: { shape: [batch, length], data: mask },
        ...(audioStates === undefined
          ? {}
          : { audioStates: { shape: [batch, length, audioStates.length / mask.length], data: audioStates } }),
      };
    },
  });
}
