/** Frames as PNG files in the browser, each with the recipe, handed to whoever keeps files: a folder, an archive. */
import { AiprodError } from '../errors';
import { checkedWriter, checkWriterOptions } from './checked-writer';
import { withPngText } from './png-text';
import { PNG_RECIPE_KEYWORD } from './read-recipe';
import { encodeRecipe } from './recipe';
import type { VideoWriter, VideoWriterOptions } from './types';

/** Where frames go, one after another. */
export interface FrameFiles {
  /** @param name `frame-00000.png` and so on */
  put(name: string, png: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** @throws bad-input (size, rate, recipe) before a frame is made */
export function openFrameWriter(files: FrameFiles, options: Omit<VideoWriterOptions, 'format'>): VideoWriter {
  const { width, height, recipe } = options;
  checkWriterOptions({ ...options, format: 'png' });
  const comment = recipe === undefined ? undefined : encodeRecipe(recipe);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new AiprodError('missing-feature', 'This browser has no canvas to make images with');
  return checkedWriter(
    {
      async encode(rgba, index) {
        context.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
        const png = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
        const named = comment === undefined ? png : new Uint8Array(withPngText(png, PNG_RECIPE_KEYWORD, comment));
        await files.put(`frame-${String(index).padStart(5, '0')}.png`, named);
      },
      finish: () => files.close(),
      abort: () => files.abort(),
    },
    options,
  );
}
