/** Frames as conditioning: cut and resized to the wanted size, then a tensor in -1..1. */
import { AiprodError } from '../errors';
import { resampleImage, type ResampleBox, type ResampleFilter } from '../numeric/resample-image';
import { rgbaToRgb } from './frames';
import { resolveRange } from './frame-range';
import type { DecodedImage, DecodedVideo, FrameRange, VideoReader } from './types';

export interface FitOptions {
  readonly width: number;
  readonly height: number;
  /**
   * `crop` (the default) cuts the largest part of the wanted shape out of the middle, so that nothing is stretched; `stretch`
   * takes the whole picture; `shortest-side` makes the whole of a size at which the wanted one fits in, and cuts that out of the middle
   * (`CLIPImageProcessor`).
   */
  readonly fit?: 'crop' | 'stretch' | 'shortest-side';
  /** Antialiased where the picture becomes smaller. Defaults to `lanczos`, the filter of the reference's image processor. */
  readonly filter?: ResampleFilter;
}

/** RGB values in -1..1 as `[3, frames, height, width]`. */
export interface FrameTensor {
  readonly data: Float32Array;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest part in the middle of a picture that has the shape of the wanted size. */
export function centreCrop({ width, height }: Size, wanted: Size): ResampleBox {
  const scale = Math.min(width / wanted.width, height / wanted.height);
  const columns = wanted.width * scale;
  const rows = wanted.height * scale;
  const left = (width - columns) / 2;
  const top = (height - rows) / 2;
  return { left, top, right: left + columns, bottom: top + rows };
}

/** One picture at the wanted size: RGB8, alpha dropped. */
function fitPicture(rgba: Uint8Array, size: Size, options: FitOptions): Uint8Array {
  const { fit = 'crop', filter = 'lanczos' } = options;
  if (fit === 'shortest-side') return cutMiddle(rgba, size, options, filter);
  return resampleImage(rgbaToRgb(rgba), size, 3, options, filter, fit === 'crop' ? centreCrop(size, options) : undefined);
}

/** The whole picture at the least size that holds the wanted one, and of that the middle. Sizes are cut to whole pixels, as the reference does. */
function cutMiddle(rgba: Uint8Array, size: Size, wanted: Size, filter: ResampleFilter): Uint8Array {
  const byWidth = wanted.width * size.height >= wanted.height * size.width;
  const width = byWidth ? wanted.width : Math.floor((wanted.height * size.width) / size.height);
  const height = byWidth ? Math.floor((wanted.width * size.height) / size.width) : wanted.height;
  const whole = resampleImage(rgbaToRgb(rgba), size, 3, { width, height }, filter, undefined);
  const [left, top] = [(width - wanted.width) >> 1, (height - wanted.height) >> 1];
  const result = new Uint8Array(wanted.width * wanted.height * 3);
  for (let row = 0; row < wanted.height; row++) {
    const from = ((top + row) * width + left) * 3;
    result.set(whole.subarray(from, from + wanted.width * 3), row * wanted.width * 3);
  }
  return result;
}

/**
 * Frames of a clip at the wanted size. They are taken one at a time, so that besides the tensor one frame is in memory.
 *
 * An 8-bit value x becomes `x / 127.5 - 1`; pixels are resized in 8 bits as Pillow does it, see `resampleImage`.
 * @throws bad-input for a range that the clip does not have; bad-usage for a size that is none.
 */
export async function fitFrames(
  video: VideoReader | DecodedVideo,
  options: FitOptions & { readonly frames?: FrameRange },
): Promise<FrameTensor> {
  const { width, height } = options;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1)) {
    throw new AiprodError('bad-usage', 'Frames need a size in whole pixels', { found: `${width}x${height}` });
  }
  const frameCount = 'pictures' in video ? video.frameCount : video.frames.length;
  const { start, end } = resolveRange(options.frames ?? {}, frameCount, 'the clip');
  const frames = end - start;
  const pixels = width * height;
  const data = new Float32Array(3 * frames * pixels);
  const put = (rgba: Uint8Array, frame: number): void => {
    const rgb = fitPicture(rgba, video, options);
    for (let channel = 0; channel < 3; channel++) {
      const plane = data.subarray((channel * frames + frame) * pixels);
      for (let pixel = 0; pixel < pixels; pixel++) plane[pixel] = rgb[pixel * 3 + channel] / 127.5 - 1;
    }
  };
  let frame = 0;
  if ('pictures' in video) for await (const picture of video.pictures({ start, end })) put(picture.rgba(), frame++);
  else for (const rgba of video.frames.slice(start, end)) put(rgba, frame++);
  return { data, frames, height, width };
}

/** A still image at the wanted size, as a tensor of one frame; see `fitFrames`. */
export function fitImage({ rgba, width, height }: DecodedImage, options: FitOptions): Promise<FrameTensor> {
  return fitFrames({ width, height, frameRate: null, frames: [rgba] }, options);
}
