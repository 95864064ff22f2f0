import { z } from 'zod';
import { nodeKind, type NodeKind } from '../dag';
import { imageCondition, pixelShapeOf } from '../image-condition';
import type { VideoMachine } from '../video-machine';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  seed: z.int().min(0),
  /** Of the latents of the clip. */
  latentShape: videoShapeSchema,
  model: identitySchema,
});

export { settings as placeImageSettings };

/** The first frame `video` [1, 3, 1, H, W], -1 to 1, to `condition` [1, T + C, F', H', W'], see `imageCondition`. */
export function placeImageKind(machine: VideoMachine): NodeKind {
  const { ratios } = machine.grid;
  return nodeKind({
    name: 'place-image',
    version: 1,
    outputs: ['condition'],
    keep: 'store',
    settings,
    estimate: ({ latentShape }) => machine.estimates?.encode(pixelShapeOf(latentShape, ratios)) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { seed, latentShape }, signal, progress }) {
      progress(0, 1);
      const { data } = videoOf(inputs.tensor('video'));
      const shape = pixelShapeOf(latentShape, ratios);
      const condition = await machine.withAutoencoder(seed, signal, (vae) => imageCondition(vae, data, shape, ratios.temporal));
      progress(1, 1);
      return { condition };
    },
  });
}
