import { AiprodError } from '../errors';
import type { FrameRate, FrameRange, Picture, VideoReader } from '../media';

/** Part of a clip, at a rate of its own. */
export interface ClipViewOptions {
  /** First frame, in the clip's own count. */
  readonly start: number;
  /** Frame after the last. */
  readonly end: number;
  /** Rate of the view: frames are left out or shown again. Default: the clip's. */
  readonly frameRate?: FrameRate;
}

/**
 * Part of a clip as a clip: frame k of the view is what the clip shows k frame times after the part's start. Closing it closes the clip.
 * @throws AiprodError 'bad-input' where a rate is asked for and the clip has none.
 */
export function viewClip(clip: VideoReader, { start, end, frameRate }: ClipViewOptions): VideoReader {
  if (frameRate !== undefined && clip.frameRate === null && end - start > 1) {
    throw new AiprodError('bad-input', 'the clip does not say its frame rate, so that it cannot be changed', {
      where: clip.description,
      hint: 'Leave the frame rate out, or write the clip as a video',
    });
  }
  const rate = frameRate ?? clip.frameRate;
  // Clip frames per frame of the view, as a fraction: positions stay exact over any length.
  const [numerator, denominator] =
    rate === null || clip.frameRate === null
      ? [1, 1]
      : [clip.frameRate.numerator * rate.denominator, clip.frameRate.denominator * rate.numerator];
  const sourceOf = (frame: number): number => start + Math.floor((frame * numerator) / denominator);
  const frameCount = Math.ceil(((end - start) * denominator) / numerator);
  return {
    width: clip.width,
    height: clip.height,
    frameRate: rate,
    frameCount,
    description: clip.description,
    async *pictures({ start: first = 0, end: last = frameCount }: FrameRange = {}): AsyncGenerator<Picture, void, undefined> {
      let at = sourceOf(first);
      let frame = first;
      for await (const picture of clip.pictures({ start: at, end: sourceOf(last - 1) + 1 })) {
        for (; frame < last && sourceOf(frame) === at; frame++) yield picture;
        at++;
      }
    },
    close: () => clip.close(),
  };
}
