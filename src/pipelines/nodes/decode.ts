import { z } from 'zod';
import { nodeKind, type NodeKind } from '../dag';
import { decodeLatents } from '../latent-codec';
import type { LtxMachine } from '../ltx-machine';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  seed: z.int().min(0),
  /** Of the latents. */
  shape: videoShapeSchema,
  /** For timestep-conditioned decoders: 0 to 1. */
  timestep: z.number().min(0).max(1),
  /** Share of noise in the latents, 0 to 1. */
  noiseScale: z.number().min(0).max(1),
  model: identitySchema,
});

export { settings as decodeSettings };

/** `latents` in the model's units to `video` [1, 3, F, H, W], about -1 to 1. */
export function decodeKind(machine: LtxMachine): NodeKind {
  return nodeKind({
    name: 'decode',
    version: 1,
    outputs: ['video'],
    keep: 'memory',
    settings,
    estimate: ({ shape }) => machine.estimates?.decode(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { seed, timestep, noiseScale }, signal, progress }) {
      progress(0, 1);
      const noise = machine.noise(seed);
      const video = await machine.withAutoencoder(seed, signal, (vae) =>
        decodeLatents(vae, videoOf(inputs.tensor('latents')), { timestep, noiseScale }, (count) => noise('decode', 0, count)),
      );
      progress(1, 1);
      return { video };
    },
  });
}
