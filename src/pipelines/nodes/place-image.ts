import { z } from 'zod';
import { nodeKind, type NodeKind, type TensorValue } from '../dag';
import { encodeLatents } from '../latent-codec';
import type { VideoMachine } from '../video-machine';
import type { Video, VideoShape } from '../../models';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  seed: z.int().min(0),
  /** Of the latents of the clip. */
  latentShape: videoShapeSchema,
  model: identitySchema,
});

export { settings as placeImageSettings };

/**
 * The first frame `video` [1, 3, 1, H, W], -1 to 1, to `condition` [1, T + C, F', H', W']: T channels that say which frames are given,
 * one for each frame that a latent frame stands for, then the latents of the clip that begins with it and is grey (0) behind it
 * (`WanImageToVideoPipeline.prepare_latents`).
 */
export function placeImageKind(machine: VideoMachine): NodeKind {
  const { ratios } = machine.grid;
  const pixelShape = ([batch, , frames, rows, columns]: VideoShape): VideoShape => [
    batch,
    3,
    (frames - 1) * ratios.temporal + 1,
    rows * ratios.spatial,
    columns * ratios.spatial,
  ];
  return nodeKind({
    name: 'place-image',
    version: 1,
    outputs: ['condition'],
    keep: 'store',
    settings,
    estimate: ({ latentShape }) => machine.estimates?.encode(pixelShape(latentShape)) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { seed, latentShape }, signal, progress }) {
      progress(0, 1);
      const clip = behindFirst(videoOf(inputs.tensor('video')), pixelShape(latentShape));
      const latents = await machine.withAutoencoder(seed, signal, (vae) => encodeLatents(vae, clip, undefined));
      progress(1, 1);
      return { condition: withMask(latents, ratios.temporal) };
    },
  });
}

/** A clip of a shape whose first frame is given and whose others are grey. */
function behindFirst({ data }: Video, shape: VideoShape): Video {
  const [, channels, frames, rows, columns] = shape;
  const size = rows * columns;
  const clip = new Float32Array(channels * frames * size);
  for (let channel = 0; channel < channels; channel++) {
    clip.set(data.subarray(channel * size, (channel + 1) * size), channel * frames * size);
  }
  return { shape, data: clip };
}

/** Latents [1, C, F, H, W] behind `count` channels that are 1 in the first latent frame and 0 in the others. */
function withMask({ shape: [batch, channels, frames, rows, columns], data }: Video, count: number): TensorValue {
  const size = rows * columns;
  const values = new Float32Array((count + channels) * frames * size);
  for (let channel = 0; channel < count; channel++) values.fill(1, channel * frames * size, channel * frames * size + size);
  values.set(data, count * frames * size);
  return { shape: [batch, count + channels, frames, rows, columns], data: values };
}
