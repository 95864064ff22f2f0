import { AiprodError } from '../src/errors';
import type { VideoReader } from '../src/media';
import { resampleImage } from '../src/numeric/resample-image';

/** A picture to recognise something by: RGBA, 8 bits each, row by row. */
export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Longest side in pixels. */
const longest = 192;

/** The first frame of a clip, at most 192 pixels wide and high. */
export async function smallPicture(reader: VideoReader, where: string): Promise<SmallPicture> {
  for await (const picture of reader.pictures({ start: 0, end: 1 })) {
    const { width, height } = picture;
    const scale = Math.min(1, longest / Math.max(width, height));
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    const rgba = resampleImage(picture.rgba(), { width, height }, 4, size, 'lanczos');
    return { ...size, pixels: new Uint8ClampedArray(rgba) };
  }
  throw new AiprodError('bad-input', 'the file holds no picture', { where, expected: 'an image, or a video with at least one frame' });
}
