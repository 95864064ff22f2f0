import { fitFrames, type VideoReader } from '../../media';
import type { ClipSize } from '../resolution-buckets';
import type { EncodedTensors } from './sample-encoder';

/**
 * A clip of black and white as a mask of latents: `mask` [F, H, W], 1 (given) where all pixels that the latent stands for are white
 * (brighter than half), so that no pixel to be made is taken as given. An image holds for all frames. That white is given is the convention of
 * LTX-2's trainer.
 * @param ratios pixels, and frames, that a latent stands for; the first latent stands for one frame
 */
export async function latentMask(
  clip: VideoReader,
  { width, height, frames }: ClipSize,
  { spatial, temporal }: { readonly spatial: number; readonly temporal: number },
): Promise<EncodedTensors> {
  const isStill = clip.frameCount === 1;
  const { data } = await fitFrames(clip, { width, height, fit: 'shortest-side', frames: { start: 0, end: isStill ? 1 : frames } });
  const shape = [(frames - 1) / temporal + 1, height / spatial, width / spatial] as const;
  const mask = new Float32Array(shape[0] * shape[1] * shape[2]).fill(1);
  const known = isStill ? 1 : frames;
  for (let frame = 0; frame < frames; frame++) {
    const latentFrame = Math.ceil(frame / temporal);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = ((isStill ? 0 : frame) * height + y) * width + x;
        let sum = 0;
        for (let channel = 0; channel < 3; channel++) sum += data[channel * known * height * width + pixel];
        if (!(sum > 0)) mask[(latentFrame * shape[1] + Math.floor(y / spatial)) * shape[2] + Math.floor(x / spatial)] = 0;
      }
    }
  }
  return { mask: { shape, dtype: 'f32', data: mask } };
}
