import { fitFrames, type VideoReader } from '../../media';
import type { ClipSize } from '../resolution-buckets';
import type { EncodedTensors } from './sample-encoder';

/**
 * The first frames of a clip, [3, F, H, W], -1 to 1, brought to the size of a bucket as LTX-2's trainer does it: the shortest side fits, the
 * rest is cut in the middle.
 */
export async function bucketFrames(clip: VideoReader, { width, height, frames }: ClipSize): Promise<Float32Array> {
  const { data } = await fitFrames(clip, {
    ...{ width, height, fit: 'shortest-side', filter: 'bicubic' },
    frames: { start: 0, end: frames },
  });
  return data;
}

/** The same as a sample's `video`, bytes 0 to 255: what a VAE is trained on. */
export async function clipPixels(clip: VideoReader, size: ClipSize): Promise<EncodedTensors> {
  const data = (await bucketFrames(clip, size)).map((value) => Math.min(255, Math.max(0, Math.round((value + 1) * 127.5))));
  return { video: { shape: [3, size.frames, size.height, size.width], dtype: 'f32', data } };
}
