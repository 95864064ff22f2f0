import { AiprodError } from '../errors';
import { holdTokens, packLatents, type LatentConditioning, type LatentShape, type PatchSize } from '../diffusion';
import type { Video } from '../models';
import { encodeLatents, type VideoAutoencoder } from './latent-codec';
import type { NoiseSource } from './noise';

export { holdTokens } from '../diffusion';

/** What denoising begins with when some of the latents are given. */
export interface ConditionedStart {
  /** Packed latents [1, N, C] in the model's units. */
  readonly latents: Float32Array;
  readonly conditioning: LatentConditioning;
}

export interface ImageToVideoRequest {
  readonly vae: VideoAutoencoder;
  /** The first frame [1, 3, 1, H, W], -1 to 1. */
  readonly image: Video;
  /** Of the video's latents. */
  readonly latentShape: LatentShape;
  readonly patch: PatchSize;
  readonly noise: NoiseSource;
}

/** Encodes the first frame and sets it before noise, to be held while the rest is denoised (`LTXImageToVideoPipeline`). */
export async function imageToVideoStart(request: ImageToVideoRequest): Promise<ConditionedStart> {
  const { latentShape, patch, noise } = request;
  const image = await encodeLatents(request.vae, request.image, (count) => noise('posterior', 0, count));
  const [, channels, frames, height, width] = latentShape;
  if (image.shape.some((size, axis) => size !== (axis === 2 ? 1 : latentShape[axis]))) {
    throw new AiprodError('shape-mismatch', 'the image does not fit the video', {
      expected: `one frame with latents of ${width} x ${height}, ${channels} channels`,
      found: `latents [${image.shape.join(', ')}]`,
      hint: 'Resize the image to the width and height of the video',
    });
  }
  const plane = height * width;
  const latents = noise('latents', 0, channels * frames * plane).slice();
  for (let channel = 0; channel < channels; channel++) {
    latents.set(image.data.subarray(channel * plane, (channel + 1) * plane), channel * frames * plane);
  }
  const packed = packLatents(latents, latentShape, patch);
  const tokens = (plane * frames) / (patch.patch_size ** 2 * patch.patch_size_t);
  const mask = new Float32Array(tokens).fill(1, 0, plane / patch.patch_size ** 2);
  return { latents: packed, conditioning: holdTokens(mask) };
}
