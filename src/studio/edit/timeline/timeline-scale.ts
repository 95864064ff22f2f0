/** The timeline's scale: pixels of the screen to frames of the sequence. */
import type { FrameRate } from '../../../media';
import { countedFrames } from '../../../project';

/** Pixels a frame. */
export const zoomRange = { least: 0.01, most: 48 } as const;

export const clampZoom = (pixelsPerFrame: number): number => Math.min(zoomRange.most, Math.max(zoomRange.least, pixelsPerFrame));

/** The zoom at which so many frames fill a width, with a little room after them. */
export const fittingZoom = (frames: number, width: number): number => clampZoom((width * 0.94) / Math.max(1, frames));

export interface Tick {
  readonly frame: number;
  /** Has its timecode beside it. */
  readonly major: boolean;
}

/** Pixels from one timecode to the next, and from tick to tick, at least. */
const LABEL_PIXELS = 92;
const TICK_PIXELS = 7;

/** Ticks of a stretch of frames: on whole frames, seconds, minutes and hours of the timecode. */
export function rulerTicks(rate: FrameRate, pixelsPerFrame: number, from: number, to: number): Tick[] {
  const second = countedFrames(rate);
  const divisors = [1, 2, 5, 10, 12].filter((frames) => frames < second && second % frames === 0);
  const steps = [...divisors, ...[1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 36_000].map((seconds) => seconds * second)];
  const major = steps.find((step) => step * pixelsPerFrame >= LABEL_PIXELS) ?? steps[steps.length - 1];
  const minor = steps.find((step) => step * pixelsPerFrame >= TICK_PIXELS && major % step === 0) ?? major;
  const ticks: Tick[] = [];
  for (let frame = Math.floor(Math.max(0, from) / major) * major; frame <= to; frame += minor) {
    ticks.push({ frame, major: frame % major === 0 });
  }
  return ticks;
}

/** The clips of a track that reach into a stretch of frames. @param clips in order, none over another */
export function visibleClips<Clip extends { readonly start: number; readonly duration: number }>(
  clips: readonly Clip[],
  from: number,
  to: number,
): readonly Clip[] {
  const firstFrom = (wanted: (clip: Clip) => boolean): number => {
    let [low, high] = [0, clips.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (wanted(clips[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return clips.slice(
    firstFrom(({ start, duration }) => start + duration > from),
    firstFrom(({ start }) => start >= to),
  );
}
