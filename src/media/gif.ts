/**
 * Animated GIF, the same in Node and in the browser: a palette of up to 256 colours for every frame (PNN quantisation by
 * gifenc), looping for ever.
 *
 * A delay is a whole number of hundredths of a second, so each frame ends at the hundredth nearest to its true end; the
 * error never adds up. Viewers show delays under 2 hundredths as 10, hence rates above 50 frames a second play slower.
 */
import { gifComment, gifHeaderLength } from './gif-blocks';
import { encodeRecipe } from './recipe';
import type { ByteSink, FrameEncoder, FrameRate, VideoWriterOptions } from './types';

const PALETTE_COLORS = 256;

/** Hundredths of a second for which frame `index` is shown. */
export function gifDelay(index: number, { numerator, denominator }: FrameRate): number {
  const hundredths = (frame: number): number => Math.round((frame * 100 * denominator) / numerator);
  return hundredths(index + 1) - hundredths(index);
}

export async function openGifEncoder(sink: ByteSink, { width, height, frameRate, recipe }: VideoWriterOptions): Promise<FrameEncoder> {
  const loaded = await import('gifenc');
  // Bundlers take the ES build with named exports, Node the CommonJS build, whose exports it puts under `default`.
  const { GIFEncoder, quantize, applyPalette } =
    loaded.GIFEncoder !== undefined && loaded.quantize !== undefined && loaded.applyPalette !== undefined
      ? { GIFEncoder: loaded.GIFEncoder, quantize: loaded.quantize, applyPalette: loaded.applyPalette }
      : loaded.default;
  const comment = recipe === undefined ? new Uint8Array(0) : gifComment(encodeRecipe(recipe));
  const gif = GIFEncoder({ auto: false });
  let position = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    await sink.write(bytes, position);
    position += bytes.length;
  };
  return {
    async encode(rgba, index) {
      // gifenc reads the pixels as 32-bit words, which must be aligned.
      const pixels = rgba.byteOffset % 4 === 0 ? rgba : rgba.slice();
      const palette = quantize(pixels, PALETTE_COLORS, { format: 'rgb565' });
      const indices = applyPalette(pixels, palette, 'rgb565');
      gif.stream.reset();
      if (index === 0) gif.writeHeader();
      gif.writeFrame(indices, width, height, { first: index === 0, palette, delay: gifDelay(index, frameRate) * 10, repeat: 0 });
      const bytes = gif.bytes();
      const headerLength = index === 0 ? gifHeaderLength(bytes) : 0;
      await append(bytes.subarray(0, headerLength));
      if (index === 0) await append(comment);
      await append(bytes.subarray(headerLength));
    },
    async finish() {
      gif.stream.reset();
      gif.finish();
      await append(gif.bytes());
      await sink.close();
    },
    abort: () => sink.abort(),
  };
}
