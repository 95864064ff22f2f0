import { z } from 'zod';
import { nodeKind, type NodeKind } from '../dag';
import { upsampleLatents } from '../latent-upsample';
import type { VideoMachine } from '../video-machine';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  /** Of the latents that come in. */
  shape: videoShapeSchema,
  /** How far each channel takes back the mean and deviation it had before, 0 to 1. */
  adainFactor: z.number().min(0),
  /** How far large values are compressed, 0 to 1. */
  toneMapCompression: z.number().min(0),
  model: identitySchema,
});

export { settings as upsampleLatentsSettings };

/** `latents` to larger ones, both in the model's units. */
export function upsampleLatentsKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'upsample-latents',
    version: 1,
    outputs: ['latents'],
    keep: 'store',
    settings,
    estimate: ({ shape }) => machine.estimates?.upsample(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { adainFactor, toneMapCompression }, signal }) {
      const statistics = await machine.withAutoencoder(0, signal, async (vae) => vae.statistics);
      const latents = await upsampleLatents({
        latents: videoOf(inputs.tensor('latents')),
        statistics,
        upsample: (larger) => machine.upsample(larger, signal),
        adainFactor,
        toneMapCompression,
      });
      return { latents };
    },
  });
}
