/** Pictures and layers for tests. */
import { clipSchema, layersAt, sequenceSchema, type Layer } from '../../project';
import type { ColorTable, LayerPicture } from '../composition';

/** Colours that leave no corner of the cube out: slopes, a disc with soft alpha, and noise of a linear congruence. */
export function testPicture(width: number, height: number, seed = 1, alpha = false): Extract<LayerPicture, { kind: 'bytes' }> {
  const rgba = new Uint8Array(width * height * 4);
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / (width - 1), y / (height - 1)];
      const noise = (random() - 0.5) * 60;
      const inDisc = 1.4 - 2 * Math.hypot(u - 0.5, v - 0.5) * (1 + 0.2 * Math.sin(seed));
      rgba.set(
        [255 * u + noise, 255 * v + noise, 255 * (1 - u * v) - noise, 255].map((value) => Math.min(255, Math.max(0, value))),
        (y * width + x) * 4,
      );
      if (alpha) rgba[(y * width + x) * 4 + 3] = Math.min(255, Math.max(0, 255 * inDisc));
    }
  }
  return { kind: 'bytes', width, height, rgba };
}

/** A clip's layer at a frame, from the clip as a project file has it. */
export function layerOf(clip: object, frame = 0, size = { width: 48, height: 32 }): Layer {
  const parsed = clipSchema.parse({ kind: 'picture', id: 'c', media: 'm', start: 0, duration: 100, ...clip });
  const track = { id: 'V1', kind: 'video', name: '', clips: [parsed] };
  const [layer] = layersAt(sequenceSchema.parse({ ...size, rate: { numerator: 24, denominator: 1 }, tracks: [track] }), frame);
  return layer;
}

/** A table that turns hues and bends tones: no channel is left as it was. */
export function testTable(size: number): ColorTable {
  const colors = new Float32Array(size ** 3 * 3);
  for (let at = 0; at < size ** 3; at++) {
    const [r, g, b] = [at % size, Math.floor(at / size) % size, Math.floor(at / size ** 2)].map((value) => value / (size - 1));
    colors.set([0.8 * r ** 1.4 + 0.2 * b, 0.9 * g + 0.1 * Math.sin(4 * r), 1 - 0.9 * b ** 0.7 + 0.05 * g], at * 3);
  }
  return { size, colors, domainMin: [0, 0, 0], domainMax: [1, 1, 1] };
}
