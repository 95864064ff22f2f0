import { AiprodError } from '../errors';
import type { VideoReader } from '../media';

/** Frames that belong together: from `start` up to but without `end`. */
export interface Scene {
  readonly start: number;
  readonly end: number;
}

/** Settings of `detectScenes`. */
export interface SceneOptions {
  /** Least difference of two frames that is a cut, 0 to 255. Default 27, PySceneDetect's. */
  readonly threshold?: number;
  /** Least number of frames of a scene; a cut that comes earlier is passed over. Default 15, PySceneDetect's. */
  readonly shortest?: number;
  readonly signal?: AbortSignal;
}

/** Frames are compared on a grid of about this many columns. */
const COLUMNS = 256;

/** Takes the frames of a clip one after another and tells where its cuts are. */
export interface SceneDetector {
  /** @param colors R, G and B, 8 bits, of a grid of pixels or of means; of every frame the same */
  add(colors: Uint8Array): void;
  scenes(): Scene[];
}

/**
 * Finds cuts by content: two frames differ by the mean, over hue, saturation and value (HSV, hue as 0 to 179, the others 0 to 255), of
 * their mean absolute differences; from `threshold` on that is a cut (PySceneDetect's ContentDetector). Fades and dissolves are no cuts.
 */
export function sceneDetector({ threshold = 27, shortest = 15 }: Pick<SceneOptions, 'threshold' | 'shortest'> = {}): SceneDetector {
  const cuts = [0];
  let previous: Uint8Array | undefined;
  let frame = 0;
  return {
    add(colors) {
      const current = hueSaturationValue(colors);
      const isCut = previous !== undefined && meanDifference(previous, current) >= threshold;
      if (isCut && frame - cuts[cuts.length - 1] >= shortest) cuts.push(frame);
      previous = current;
      frame++;
    },
    scenes: () => cuts.map((start, index) => ({ start, end: cuts[index + 1] ?? frame })),
  };
}

/** Splits a clip at its cuts. */
export async function detectScenes(clip: VideoReader, options: SceneOptions = {}): Promise<Scene[]> {
  const detector = sceneDetector(options);
  for await (const picture of clip.pictures()) {
    if (options.signal?.aborted === true) throw new AiprodError('cancelled', 'the search for cuts was cancelled');
    detector.add(gridOf(picture.rgba(), picture.width, picture.height));
  }
  return detector.scenes();
}

/** R, G and B of a grid of about `COLUMNS` columns. */
function gridOf(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const stride = Math.max(1, Math.floor(width / COLUMNS));
  const colors = new Uint8Array(Math.ceil(width / stride) * Math.ceil(height / stride) * 3);
  let at = 0;
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride) {
      const pixel = (y * width + x) * 4;
      for (let channel = 0; channel < 3; channel++) colors[at++] = rgba[pixel + channel];
    }
  }
  return colors;
}

/** Of each of the colours, one after another. */
function hueSaturationValue(colors: Uint8Array): Uint8Array {
  const result = new Uint8Array(colors.length);
  for (let at = 0; at < colors.length; at += 3) {
    const [red, green, blue] = [colors[at], colors[at + 1], colors[at + 2]];
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    result[at] = Math.round(hueOf(red, green, blue, value, chroma) / 2) % 180;
    result[at + 1] = value === 0 ? 0 : Math.round((255 * chroma) / value);
    result[at + 2] = value;
  }
  return result;
}

/** Degrees, 0 to 360; 0 for grey. */
function hueOf(red: number, green: number, blue: number, value: number, chroma: number): number {
  if (chroma === 0) return 0;
  const sextant = value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  return (sextant * 60 + 360) % 360;
}

/** The mean over the three channels is that over all values. */
function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += Math.abs(a[k] - b[k]);
  return sum / a.length;
}
