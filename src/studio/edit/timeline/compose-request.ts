import type { FrameRate } from '../../../media';
import { endOf, floor, multiply, rational, sourceTime, type Clip, type MediaItem } from '../../../project';
import type { ComposeRequest, MarkedRange } from '../../state/timeline-state';

/**
 * A job on the video of a clip. Retake works on the frames of the file that lie between the marks within the clip; on all that the clip shows
 * where there are no marks in it.
 * @param rate of the sequence
 */
export function composeRequestOf(
  clip: Clip,
  item: MediaItem,
  pipeline: ComposeRequest['pipeline'],
  range: MarkedRange | undefined,
  rate: FrameRate,
): ComposeRequest {
  const request: ComposeRequest = { pipeline, media: item.id, clip: clip.id };
  const { frames, rate: mediaRate } = item;
  if (pipeline !== 'retake' || clip.kind === 'title' || frames === undefined || mediaRate === undefined) return request;
  const marked = range !== undefined && range.start < endOf(clip) && range.end > clip.start;
  const from = marked ? Math.max(0, range.start - clip.start) : 0;
  const to = marked ? Math.min(clip.duration, range.end - clip.start) : clip.duration;
  // The frames shown in the middle of the first and the last of them; a clip that plays backwards shows the last one first.
  const shown = [from, to - 1].map((frame) =>
    floor(multiply(sourceTime(clip, frame + 0.5, rate), rational(mediaRate.numerator, mediaRate.denominator))),
  );
  const within = (frame: number): number => Math.min(frames - 1, Math.max(0, frame));
  return { ...request, region: { start: within(Math.min(...shown)), end: within(Math.max(...shown)) + 1 } };
}
