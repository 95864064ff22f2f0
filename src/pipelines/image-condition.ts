import type { TensorValue } from './dag';
import { encodeLatents, type VideoAutoencoder } from './latent-codec';
import type { Video, VideoShape } from '../models';

/** Pixels [1, 3, F, H, W] of latents [1, C, F', H', W']. */
export function pixelShapeOf(
  [batch, , frames, rows, columns]: VideoShape,
  ratios: { readonly spatial: number; readonly temporal: number },
): VideoShape {
  return [batch, 3, (frames - 1) * ratios.temporal + 1, rows * ratios.spatial, columns * ratios.spatial];
}

/**
 * What image to video is given of a clip, [1, T + C, F', H', W']: T channels that say which frames are given, one for each frame that a latent
 * frame stands for, then the latents of the clip that begins with the first frame and is grey (0) behind it
 * (`WanImageToVideoPipeline.prepare_latents`).
 * @param first [1, 3, 1, H, W], -1 to 1
 * @param shape of the clip in pixels
 * @param temporal frames that a latent frame stands for
 */
export async function imageCondition(
  vae: VideoAutoencoder,
  first: Float32Array,
  shape: VideoShape,
  temporal: number,
): Promise<TensorValue> {
  return withMask(await encodeLatents(vae, behindFirst(first, shape), undefined), temporal);
}

/** A clip of a shape whose first frame is given and whose others are grey. */
function behindFirst(first: Float32Array, shape: VideoShape): Video {
  const [, channels, frames, rows, columns] = shape;
  const size = rows * columns;
  const clip = new Float32Array(channels * frames * size);
  for (let channel = 0; channel < channels; channel++) {
    clip.set(first.subarray(channel * size, (channel + 1) * size), channel * frames * size);
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
