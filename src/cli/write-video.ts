import { frameToRgba, type FrameRate, type VideoFormat } from '../media';
import { openVideoWriter } from '../media/node';
import type { Recipe, TensorValue } from '../pipelines';

/** What a file says of the frames in it. */
export interface Clip {
  readonly frameRate: FrameRate;
  readonly recipe?: Recipe;
}

/** Writes a video [1, 3, F, H, W], about -1 to 1, as a file or a folder of frames. */
export async function writeVideo(path: string, format: VideoFormat, { shape, data }: TensorValue, clip: Clip): Promise<void> {
  const [, , frames, height, width] = shape;
  const writer = await openVideoWriter(path, { width, height, format, ...clip });
  try {
    for (let frame = 0; frame < frames; frame++) {
      await writer.addFrame(frameToRgba(data, { layout: 'CFHW', frames, width, height }, frame), frame);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
