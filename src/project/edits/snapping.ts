/** Snapping: what lies within a few pixels of an edge that is dragged, and how far that is. */
import type { FrameRate } from '../../media';
import { add, divide, floor, multiply, rational, subtract } from '../rational';
import { endOf, type Clip } from '../sequence/clip';
import type { Sequence } from '../sequence/sequence';
import { ceiling, frameSeconds } from './source-time';

export interface SnapPoint {
  readonly frame: number;
  readonly kind: 'start' | 'clip' | 'playhead' | 'marker' | 'latent';
}

export interface SnapPointsOptions {
  readonly sequence: Sequence;
  readonly playhead?: number;
  /** Ids of clips that are dragged: their own edges do not hold them. */
  readonly except?: ReadonlySet<string>;
  /** Frames of latent grids; see `latentGridFrames`. */
  readonly latent?: readonly number[];
}

/** Everything that an edge may snap to, in order of frames. */
export function snapPoints({ sequence, playhead, except, latent = [] }: SnapPointsOptions): SnapPoint[] {
  const points: SnapPoint[] = [{ frame: 0, kind: 'start' }];
  for (const { clips } of sequence.tracks) {
    for (const clip of clips) {
      if (except?.has(clip.id) === true) continue;
      points.push({ frame: clip.start, kind: 'clip' }, { frame: endOf(clip), kind: 'clip' });
    }
  }
  for (const { frame } of sequence.markers) points.push({ frame, kind: 'marker' });
  for (const frame of latent) points.push({ frame, kind: 'latent' });
  if (playhead !== undefined) points.push({ frame: playhead, kind: 'playhead' });
  return points.sort((one, other) => one.frame - other.frame);
}

/** How far edges move to snap: `by` on top of where they are, onto a point. */
export interface Snap {
  readonly by: number;
  readonly point: SnapPoint;
}

/**
 * The shortest way of any edge to any point, within a tolerance; at one distance what a person placed comes before the grid.
 * @param edges frames where the edges would be, not necessarily whole
 * @param points in order of frames
 * @param tolerance pixels
 */
export function snap(edges: readonly number[], points: readonly SnapPoint[], tolerance: number, pixelsPerFrame: number): Snap | undefined {
  const reach = tolerance / pixelsPerFrame;
  let best: Snap | undefined;
  for (const edge of edges) {
    for (let at = firstFrom(points, edge - reach); at < points.length && points[at].frame <= edge + reach; at++) {
      const by = points[at].frame - edge;
      const nearer = best === undefined || Math.abs(by) < Math.abs(best.by);
      const dearer = best !== undefined && Math.abs(by) === Math.abs(best.by) && best.point.kind === 'latent';
      if (nearer || dearer) best = { by, point: points[at] };
    }
  }
  return best;
}

/** Index of the first point at a frame or after it. */
function firstFrom(points: readonly SnapPoint[], frame: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].frame < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Frames of the sequence where a latent frame of a generated clip begins: the first picture has one of its own, then every `stride`
 * pictures share one (LTX-Video 8, Wan 4).
 * @param media rate of the clip's own pictures
 */
export function latentGridFrames(clip: Clip, media: FrameRate, stride: number, rate: FrameRate): number[] {
  if (clip.kind === 'title' || clip.speed.numerator <= 0) return [];
  const step = multiply(frameSeconds(rate), clip.speed);
  const picture = frameSeconds(media);
  // A frame shows the picture that its middle lies in.
  const shownAt = (frame: number): number => floor(divide(add(clip.sourceStart, multiply(rational(2 * frame + 1, 2), step)), picture));
  const [first, last] = [shownAt(0), shownAt(clip.duration - 1)];
  const frames: number[] = [];
  for (let latent = Math.max(0, Math.floor((first - 1) / stride)); ; latent++) {
    const begins = latent === 0 ? 0 : 1 + (latent - 1) * stride;
    if (begins > last) return frames;
    const frame = ceiling(subtract(divide(subtract(multiply(rational(begins), picture), clip.sourceStart), step), rational(1, 2)));
    if (frame >= 0 && frame < clip.duration && frames.at(-1) !== clip.start + frame) frames.push(clip.start + frame);
  }
}
