/** A folder of PNG frames in Node: 8-bit RGB, the recipe in every frame. */
import { PNG } from 'pngjs';
import { AiprodError } from '../errors';
import { MAX_PIXELS } from './frame-range';
import { rgbaToRgb } from './frames';
import { openFrameFolder } from './output-file';
import { withPngText } from './png-text';
import { PNG_RECIPE_KEYWORD } from './read-recipe';
import { encodeRecipe } from './recipe';
import type { DecodedImage, FrameEncoder, VideoWriterOptions } from './types';

/** `colorType` 2 of PNG: red, green, blue without alpha. */
const RGB = 2;

export async function openPngEncoder(path: string, { width, height, recipe }: VideoWriterOptions): Promise<FrameEncoder> {
  const comment = recipe === undefined ? null : encodeRecipe(recipe);
  const folder = await openFrameFolder(path);
  return {
    async encode(rgba, index) {
      const png = encodePng(rgba, width, height);
      await folder.writeFrame(index, comment === null ? png : withPngText(png, PNG_RECIPE_KEYWORD, comment));
    },
    finish: () => folder.close(),
    abort: () => folder.abort(),
  };
}

/** RGBA8 pixels as a PNG without alpha. */
export function encodePng(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const image = new PNG({ width, height });
  image.data = Buffer.from(rgbaToRgb(rgba));
  return PNG.sync.write(image, { colorType: RGB, inputColorType: RGB, inputHasAlpha: false });
}

/** One PNG as RGBA8. Throws bad-input when it is none, is damaged or too large. */
export function decodePng(bytes: Uint8Array, where = 'PNG'): DecodedImage {
  const bad = (found: string, cause?: unknown): AiprodError =>
    new AiprodError(
      'bad-input',
      'The PNG cannot be read',
      { where, expected: `a whole PNG of at most ${MAX_PIXELS} pixels`, found },
      { cause },
    );
  if (bytes.length < 33) throw bad(`${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = header.getUint32(16) * header.getUint32(20);
  if (pixels > MAX_PIXELS) throw bad(`${pixels} pixels`);
  try {
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
    return { width, height, rgba: new Uint8Array(data) };
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
