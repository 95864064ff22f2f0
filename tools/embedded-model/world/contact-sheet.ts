/** Contact sheets: clips as rows of frames. */
import { PNG } from 'pngjs';
import type { Clip } from './render';

/**
 * @param columns frames shown of each clip, evenly spread
 * @param scale times that a pixel is repeated
 * @returns a PNG file: one row a clip
 */
export function contactSheet(clips: readonly Clip[], columns: number, scale: number): Uint8Array {
  const gap = 2;
  const [{ size }] = clips;
  const cell = size * scale + gap;
  const image = new PNG({ width: columns * cell - gap, height: clips.length * cell - gap });
  image.data.fill(255);
  clips.forEach((clip, row) => {
    for (let column = 0; column < columns; column++) {
      const frame = columns === 1 ? 0 : Math.round((column * (clip.frames - 1)) / (columns - 1));
      for (let y = 0; y < size * scale; y++) {
        for (let x = 0; x < size * scale; x++) {
          const from = ((frame * size + Math.floor(y / scale)) * size + Math.floor(x / scale)) * 3;
          const to = ((row * cell + y) * image.width + column * cell + x) * 4;
          for (let channel = 0; channel < 3; channel++) image.data[to + channel] = clip.pixels[from + channel];
        }
      }
    }
  });
  return PNG.sync.write(image);
}
