import { z } from 'zod';
import { AiprodError } from '../../errors';
import { resampleImage, type ResampleFilter } from '../../numeric/resample-image';
import type { TokenizerFiles } from '../tokenizers';
import { jsonOf } from './read-json';

/** A picture as captioners take it. */
export interface CaptionedPicture {
  readonly width: number;
  readonly height: number;
  /** `width * height * 4` bytes */
  readonly rgba: Uint8Array;
}

/** How a vision encoder wants its pictures. */
export interface ImageProcessor {
  readonly size: { readonly width: number; readonly height: number } | { readonly shortestEdge: number };
  readonly filter: ResampleFilter;
  /** The middle that is kept; absent: all of it. */
  readonly crop?: { readonly width: number; readonly height: number };
  /** What 8-bit values are multiplied by. */
  readonly scale: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

const side = z.int().min(1).max(4096);
const sizeSchema = z.union([
  side.transform((edge) => ({ width: edge, height: edge })),
  z.looseObject({ width: side, height: side }),
  z.looseObject({ shortest_edge: side }).transform(({ shortest_edge: shortestEdge }) => ({ shortestEdge })),
]);
const channels = z.array(z.number()).length(3);
const processorSchema = z.looseObject({
  do_resize: z.literal(true).default(true),
  size: sizeSchema,
  /** Pillow's numbers of its filters. */
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  do_center_crop: z.boolean().nullish(),
  crop_size: sizeSchema.nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().nullish(),
  image_mean: channels.default([0.5, 0.5, 0.5]),
  image_std: channels.default([0.5, 0.5, 0.5]),
});
const FILTERS: Readonly<Record<1 | 2 | 3, ResampleFilter>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

/**
 * Reads `preprocessor_config.json` of transformers' image processors (ViT, CLIP, BLIP, DeiT).
 * @throws AiprodError 'bad-weights' when it is missing, or asks for what is not done here.
 */
export async function readImageProcessor(files: TokenizerFiles): Promise<ImageProcessor> {
  const file = 'preprocessor_config.json';
  const where = `${files.name}/${file}`;
  const value = await jsonOf(files, file);
  if (value === undefined) {
    throw new AiprodError('bad-weights', 'the model does not say how it wants its pictures', {
      where,
      expected: file,
      hint: 'Download all files of the model',
    });
  }
  const parsed = processorSchema.safeParse(value);
  if (!parsed.success) {
    throw new AiprodError('bad-weights', 'the model wants its pictures in a way that is not known here', {
      where,
      found: z.prettifyError(parsed.error),
    });
  }
  const { size, resample, do_center_crop: isCropped, crop_size: crop, ...rest } = parsed.data;
  const normalised = rest.do_normalize !== false;
  return {
    size,
    filter: FILTERS[resample],
    ...(isCropped === true && crop !== undefined && crop !== null && 'width' in crop ? { crop } : {}),
    scale: rest.do_rescale === false ? 1 : rest.rescale_factor,
    mean: normalised ? rest.image_mean : [0, 0, 0],
    deviation: normalised ? rest.image_std : [1, 1, 1],
  };
}

/** A picture as an encoder's `pixel_values` [3, height, width]; what is transparent counts as if it were not. */
export function pixelValues(
  { size, filter, crop, scale, mean, deviation }: ImageProcessor,
  { width, height, rgba }: CaptionedPicture,
): { readonly data: Float32Array; readonly width: number; readonly height: number } {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) rgb.set(rgba.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
  const resized = 'width' in size ? size : byShortestEdge(width, height, size.shortestEdge);
  const pixels = resampleImage(rgb, { width, height }, 3, resized, filter);
  const wanted = crop ?? resized;
  if (wanted.width > resized.width || wanted.height > resized.height) {
    throw new AiprodError('unsupported-model', 'the captioner cuts out more than the picture has', {
      expected: `at most ${resized.width}x${resized.height}`,
      found: `${wanted.width}x${wanted.height}`,
    });
  }
  const [left, top] = [(resized.width - wanted.width) >> 1, (resized.height - wanted.height) >> 1];
  const plane = wanted.width * wanted.height;
  const data = new Float32Array(3 * plane);
  for (let y = 0; y < wanted.height; y++) {
    for (let x = 0; x < wanted.width; x++) {
      const from = 3 * ((top + y) * resized.width + left + x);
      for (let channel = 0; channel < 3; channel++) {
        data[channel * plane + y * wanted.width + x] = (pixels[from + channel] * scale - mean[channel]) / deviation[channel];
      }
    }
  }
  return { data, width: wanted.width, height: wanted.height };
}

/** transformers' `get_resize_output_image_size`: the longer side is cut to a whole number. */
function byShortestEdge(width: number, height: number, edge: number): { width: number; height: number } {
  const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: edge, height: longer } : { width: longer, height: edge };
}
