import { z } from 'zod';
import { nodeKind, type NodeKind } from '../dag';
import { encodeLatents } from '../latent-codec';
import type { VideoMachine } from '../video-machine';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  seed: z.int().min(0),
  /** Which of several videos of a job, so that each has its own draw of the posterior. */
  index: z.int().min(0),
  /** What is taken of the posterior: a draw of the seed, or its mean. */
  posterior: z.enum(['draw', 'mean']),
  /** [1, 3, F, H, W] of the pixels. */
  shape: videoShapeSchema,
  model: identitySchema,
});

export { settings as encodeLatentsSettings };

/** `video` [1, 3, F, H, W], -1 to 1, to `latents` [1, C, F', H', W'] in the model's units. */
export function encodeLatentsKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'encode-latents',
    version: 1,
    outputs: ['latents'],
    keep: 'store',
    settings,
    estimate: ({ shape }) => machine.estimates?.encode(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { seed, index, posterior }, signal, progress }) {
      progress(0, 1);
      const noise = machine.noise(seed);
      const latents = await machine.withAutoencoder(seed, signal, (vae) =>
        encodeLatents(vae, videoOf(inputs.tensor('video')), posterior === 'mean' ? undefined : (count) => noise('posterior', index, count)),
      );
      progress(1, 1);
      return { latents };
    },
  });
}
