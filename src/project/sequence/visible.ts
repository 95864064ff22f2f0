/**
 * What is seen at a frame of a sequence, and heard over a range of frames.
 *
 * A frame lasts from its time to that of the next one; what is shown in it is what there is in its middle. So frame f of a sequence, k frames
 * after the start of its clip, shows the media at the instant
 *
 *     t = sourceStart + speed (k + 1/2) / rate of the sequence
 *
 * which is an exact fraction, and of the media the frame whose own time t lies in, floor(t x rate of the media). Where both rates are equal and
 * the cut lies on a frame of the media, t is the middle of a frame, half a frame from either neighbour; a clip played backwards from the end of
 * a stretch shows the frames that it shows forwards, in reverse.
 */
import { changesNothing, evaluateEffect, type EvaluatedEffect } from '../effects/evaluate-effect';
import type { MediaItem } from '../media-item';
import { add, divide, floor, multiply, rational, type Rational } from '../rational';
import { endOf, type BlendMode, type Clip, type PictureClip, type SoundClip, type Title, type TitleClip, type Transform } from './clip';
import { valueAt } from './evaluate';
import type { Sequence } from './sequence';

/** A transform at one frame; see `transformSchema` for the units. */
export type PlacedTransform = {
  readonly [Name in keyof Transform]: Transform[Name] extends boolean ? boolean : number;
};

/** What a layer's picture is made of. */
export type LayerSource =
  /** `time`: seconds of the media's own time; see `mediaFrameAt`. */
  { readonly kind: 'media'; readonly media: string; readonly time: Rational } | { readonly kind: 'title'; readonly title: Title };

/** A clip as it is seen at one frame, with all its numbers. */
export interface Layer {
  readonly clip: PictureClip | TitleClip;
  /** Counted from the clip's first; what keyframes are evaluated at. */
  readonly clipFrame: number;
  readonly source: LayerSource;
  readonly transform: PlacedTransform;
  /** Above 0, at most 1; fades are in it. */
  readonly opacity: number;
  readonly blend: BlendMode;
  /** In the order in which they are applied: those that are enabled and change anything. */
  readonly effects: readonly EvaluatedEffect[];
}

/**
 * Layers at a frame, from the lowest to the topmost. Clips that are disabled, on muted tracks or wholly see-through are none.
 * @throws AiprodError `bad-input` for an unknown effect, and where a position cannot be held exactly
 */
export function layersAt(sequence: Sequence, frame: number): Layer[] {
  return sequence.tracks.flatMap((track) => {
    if (track.kind !== 'video' || track.muted) return [];
    const clip = clipAt(track.clips, frame);
    if (clip === undefined || clip.kind === 'sound' || !clip.enabled) return [];
    const layer = layerOf(clip, frame - clip.start, sequence);
    return layer.opacity > 0 ? [layer] : [];
  });
}

/** The clip of a track that lies over a frame. @param clips in order of their start, none over another */
export function clipAt(clips: readonly Clip[], frame: number): Clip | undefined {
  let [low, high] = [0, clips.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clips[middle].start > frame) high = middle;
    else low = middle + 1;
  }
  const clip = low === 0 ? undefined : clips[low - 1];
  return clip !== undefined && frame < endOf(clip) ? clip : undefined;
}

function layerOf(clip: PictureClip | TitleClip, clipFrame: number, { rate }: Sequence): Layer {
  const opacity = Math.min(1, Math.max(0, valueAt(clip.opacity, clipFrame)));
  return {
    ...{ clip, clipFrame, blend: clip.blend },
    source:
      clip.kind === 'title'
        ? { kind: 'title', title: clip.title }
        : { kind: 'media', media: clip.media, time: timeOf(clip, clipFrame, rate) },
    transform: placedTransform(clip.transform, clipFrame),
    // A frame's share of a fade is that in its middle, so that no frame of a fade is wholly black.
    opacity: opacity * fadeAt(clip, clipFrame + 0.5),
    effects: clip.effects
      .filter(({ enabled }) => enabled)
      .map((effect) => evaluateEffect(effect, clipFrame))
      .filter((effect) => !changesNothing(effect)),
  };
}

function placedTransform(transform: Transform, frame: number): PlacedTransform {
  const at = (name: Exclude<keyof Transform, 'flipHorizontal' | 'flipVertical'>): number => valueAt(transform[name], frame);
  const share = (name: Parameters<typeof at>[0]): number => Math.min(1, Math.max(0, at(name)));
  return {
    ...{ x: at('x'), y: at('y'), scale: Math.max(0, at('scale')), rotation: at('rotation') },
    ...{ cropLeft: share('cropLeft'), cropRight: share('cropRight'), cropTop: share('cropTop'), cropBottom: share('cropBottom') },
    ...{ flipHorizontal: transform.flipHorizontal, flipVertical: transform.flipVertical },
  };
}

/** Seconds of the media in the middle of a clip's frame. */
function timeOf({ sourceStart, speed }: PictureClip, clipFrame: number, rate: Sequence['rate']): Rational {
  return add(sourceStart, multiply(speed, rational((2 * clipFrame + 1) * rate.denominator, 2 * rate.numerator)));
}

/**
 * Share of a clip's fades at a time in frames from its start, 0 to 1: straight from 0 over `fadeIn` frames, and to 0 over the last `fadeOut`.
 */
export function fadeAt({ duration, fadeIn, fadeOut }: Pick<PictureClip, 'duration' | 'fadeIn' | 'fadeOut'>, frames: number): number {
  const comes = fadeIn === 0 ? 1 : frames / fadeIn;
  const goes = fadeOut === 0 ? 1 : (duration - frames) / fadeOut;
  return Math.min(1, Math.max(0, comes)) * Math.min(1, Math.max(0, goes));
}

/** The frame of a file that is shown at a time of it: of those it has, the one that the time lies in; before its first one, or after its last, that. */
export function mediaFrameAt({ rate, frames }: Pick<MediaItem, 'rate' | 'frames'>, time: Rational): number {
  if (rate === undefined || frames === undefined) return 0;
  return Math.min(frames - 1, Math.max(0, floor(multiply(time, rate))));
}

/** A clip of sound over a range of frames. */
export interface AudibleClip {
  readonly clip: SoundClip;
  /** Frames of the sequence in which it is heard, `end` not included: its own, cut to the range. */
  readonly start: number;
  readonly end: number;
  /** Seconds of the media at the beginning of `start`. It goes on at the clip's `speed`. */
  readonly time: Rational;
}

/** Clips heard between two frames, in the order of tracks and then of time. Clips that are disabled or on muted tracks are none. */
export function soundsIn(sequence: Sequence, range: { readonly start: number; readonly end: number }): AudibleClip[] {
  return sequence.tracks.flatMap((track) => {
    if (track.kind !== 'audio' || track.muted) return [];
    return track.clips.flatMap((clip) => {
      if (clip.kind !== 'sound' || !clip.enabled || clip.start >= range.end || endOf(clip) <= range.start) return [];
      const start = Math.max(clip.start, range.start);
      const passed = divide(rational(start - clip.start), sequence.rate);
      return [{ clip, start, end: Math.min(endOf(clip), range.end), time: add(clip.sourceStart, multiply(clip.speed, passed)) }];
    });
  });
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Whether a frame is nothing but one picture as its file holds it, so that nothing need be composed: one layer of media, opaque, unmoved, without
 * effects, of the sequence's size.
 * @param picture size of the lowest layer's picture
 */
export function isPlain(layers: readonly Layer[], picture: PictureSize, { width, height }: PictureSize): boolean {
  const [layer] = layers;
  if (layers.length !== 1 || layer.source.kind !== 'media') return false;
  // On an opaque background without content each blend mode but normal changes the picture.
  if (layer.opacity < 1 || layer.blend !== 'normal' || layer.effects.length > 0) return false;
  return picture.width === width && picture.height === height && isUnmoved(layer.transform);
}

const isUnmoved = (transform: PlacedTransform): boolean =>
  Object.entries(transform).every(([name, value]) => (name === 'scale' ? value === 1 : typeof value === 'boolean' ? !value : value === 0));
