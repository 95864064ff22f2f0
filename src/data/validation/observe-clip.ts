import { laplacianVariance, type Plane } from '../../metrics';
import type { FrameRate, VideoReader } from '../../media';
import { sceneDetector } from '../scenes';
import { SIGNATURE_FRAMES, type ClipSignature } from './clip-signature';
import { colorfulness, noiseDeviation } from './picture-figures';
import { THUMBNAIL_SIDE, cellMeans, colorsOf, planesOf, thumbnailOf, type PicturePlane, type Thumbnail } from './thumbnail';
import { median } from '../../numeric/median';

/** What a clip is, as far as can be seen without knowing what it shows. */
export interface ClipObservation {
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frameRate: FrameRate | null;
  readonly figures: ContentFigures;
  /** Stretches without a cut among the frames that were decoded. */
  readonly scenes: number;
  /** Parts of the picture's sides that are black bars in every frame looked at. */
  readonly bars: Bars;
  readonly signature: ClipSignature;
}

/** Figures of what a clip shows. Means over the frames of the signature, except where told otherwise. */
export interface ContentFigures {
  /** Mean luma, 0 (black) to 1 (white). */
  readonly brightness: number;
  /** Standard deviation of luma, 0 to 0.5. */
  readonly contrast: number;
  /** Shares of pixels that are as good as black and as good as white. */
  readonly black: number;
  readonly white: number;
  /** Variance of the Laplacian; the median. */
  readonly sharpness: number;
  /** Hasler and Süsstrunk's figure: 0 for greys, 15 slightly, 33 moderately, 59 quite, 109 extremely colourful; at 64 x 64 pixels. */
  readonly colorfulness: number;
  /** Standard deviation of white noise, levels of 255; texture counts in part. */
  readonly noise: number;
  /** Mean difference of luma between frames that follow each other, levels of 255; over all frames that were decoded. */
  readonly motion: number;
  /** Share of frames that show the same as the frame before; over all frames that were decoded. */
  readonly frozen: number;
}

/** Shares of the height and the width. */
export interface Bars {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Clips of at most this many frames are decoded whole; of longer ones as many, in stretches around the frames of the signature. */
const MOST_FRAMES = 256;
/** Samples along each side of a cell that are enough to see what changes from frame to frame. */
const SAMPLES_BETWEEN = 3;
/** A frame shows the same as the one before where no cell of 1/64 of its sides changes by more than this many levels. */
const FROZEN_CHANGE = 1.5;
/** Luma, levels of 255, that is as good as black or white. */
const BLACK = 16;
const WHITE = 251;

/**
 * Looks at a clip. Frames are decoded while they are looked at; memory does not grow with the clip's length.
 * @throws bad-input where the file turns out to be damaged.
 */
export async function observeClip(clip: VideoReader): Promise<ClipObservation> {
  const { width, height, frameCount, frameRate, description } = clip;
  const chosen = Array.from({ length: SIGNATURE_FRAMES }, (_, k) => Math.floor(((k + 0.5) * frameCount) / SIGNATURE_FRAMES));
  const signature: Thumbnail[] = [];
  const looks: FrameLook[] = [];
  const changes: { mean: number; most: number }[] = [];
  let cuts = 0;
  for (const { start, end } of stretches(chosen, frameCount)) {
    let frame = start;
    let previous: Float32Array | undefined;
    const detector = sceneDetector();
    for await (const picture of clip.pictures({ start, end })) {
      const planes = planesOf(picture);
      const cells = cellMeans(planes.luma, SAMPLES_BETWEEN);
      detector.add(colorsOf(cells, cellMeans(planes.cb, SAMPLES_BETWEEN), cellMeans(planes.cr, SAMPLES_BETWEEN)));
      if (previous !== undefined) changes.push(changeBetween(previous, cells));
      previous = cells;
      // A clip of fewer frames than a signature has shows some of them several times.
      const times = chosen.filter((wanted) => wanted === frame).length;
      if (times > 0) {
        const thumbnail = thumbnailOf(planes);
        looks.push(lookAt(planes.luma, thumbnail));
        for (let k = 0; k < times; k++) signature.push(thumbnail);
      }
      frame++;
    }
    cuts += detector.scenes().length - 1;
  }
  const average = (of: (look: FrameLook) => number): number => looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const figures: ContentFigures = {
    brightness: average(({ mean }) => mean) / 255,
    contrast: average(({ deviation }) => deviation) / 255,
    black: average(({ black }) => black),
    white: average(({ white }) => white),
    sharpness: median(looks.map(({ sharpness }) => sharpness)),
    colorfulness: average((look) => look.colorfulness),
    noise: average(({ noise }) => noise),
    motion: changes.length === 0 ? 0 : changes.reduce((sum, { mean }) => sum + mean, 0) / changes.length,
    frozen: changes.length === 0 ? 1 : changes.filter(({ most }) => most <= FROZEN_CHANGE).length / changes.length,
  };
  return { description, width, height, frameCount, frameRate, figures, scenes: cuts + 1, bars: barsOf(signature), signature };
}

/** The frames to decode: all, or for a long clip a stretch around each chosen frame. */
function stretches(chosen: readonly number[], frameCount: number): { start: number; end: number }[] {
  if (frameCount <= MOST_FRAMES) return [{ start: 0, end: frameCount }];
  const length = MOST_FRAMES / chosen.length;
  return chosen.map((frame) => ({ start: frame, end: Math.min(frameCount, frame + length) }));
}

interface FrameLook {
  readonly mean: number;
  readonly deviation: number;
  readonly black: number;
  readonly white: number;
  readonly sharpness: number;
  readonly colorfulness: number;
  readonly noise: number;
}

function lookAt(plane: PicturePlane, thumbnail: Thumbnail): FrameLook {
  const luma = lumaLevels(plane);
  let [sum, squares, blacks, whites] = [0, 0, 0, 0];
  const count = luma.samples.length;
  for (let at = 0; at < count; at++) {
    const level = luma.samples[at];
    sum += level;
    squares += level * level;
    if (level <= BLACK) blacks++;
    else if (level >= WHITE) whites++;
  }
  const mean = sum / count;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    black: blacks / count,
    white: whites / count,
    sharpness: laplacianVariance(luma),
    colorfulness: colorfulness(thumbnail),
    noise: noiseDeviation(luma),
  };
}

/** A plane with black at 0 and white at 255. */
function lumaLevels({ width, height, samples, zero, full }: PicturePlane): Plane & { readonly samples: Float64Array } {
  const levels = new Float64Array(width * height);
  const scale = 255 / (full - zero);
  for (let at = 0; at < levels.length; at++) levels[at] = (samples[at] - zero) * scale;
  return { width, height, samples: levels, peak: 255 };
}

function changeBetween(before: Float32Array, after: Float32Array): { mean: number; most: number } {
  let [sum, most] = [0, 0];
  for (let at = 0; at < after.length; at++) {
    const change = Math.abs(after[at] - before[at]);
    sum += change;
    if (change > most) most = change;
  }
  return { mean: sum / after.length, most };
}

/** Levels of 255: a row of cells is a bar where no cell of it is lighter in any frame, and none differs by more over time. */
const BAR_LEVEL = 10;

function barsOf(signature: ClipSignature): Bars {
  const darkest = new Float32Array(THUMBNAIL_SIDE * THUMBNAIL_SIDE);
  for (const { luma } of signature) for (let at = 0; at < darkest.length; at++) darkest[at] = Math.max(darkest[at], luma[at]);
  const isBar = (line: number, across: boolean): boolean => {
    for (let k = 0; k < THUMBNAIL_SIDE; k++) {
      if (darkest[across ? line * THUMBNAIL_SIDE + k : k * THUMBNAIL_SIDE + line] > BAR_LEVEL) return false;
    }
    return true;
  };
  const run = (line: (k: number) => number, across: boolean): number => {
    let length = 0;
    while (length < THUMBNAIL_SIDE && isBar(line(length), across)) length++;
    return length / THUMBNAIL_SIDE;
  };
  const forwards = (k: number): number => k;
  const backwards = (k: number): number => THUMBNAIL_SIDE - 1 - k;
  return { top: run(forwards, true), bottom: run(backwards, true), left: run(forwards, false), right: run(backwards, false) };
}
