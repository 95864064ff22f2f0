import { divide, multiply, rational, subtract, type Rational } from '../rational';
import { endOf } from '../sequence/clip';
import type { Edit } from '../undo';
import { copyOf, linkedPlaces, putClip, settled, takeClip, type ClipDraft, type Place, type SequenceDraft } from './draft';
import { mapKeyframes } from './keyframes';
import { shiftFrom } from './shift';
import { ceiling, checkedSpeed, frameSeconds, nearest, negative, reachOf, sourceTime, type MediaLengths } from './source-time';

export interface SpeedOptions {
  readonly clips: readonly string[];
  /** Seconds of the media in a second of the sequence; negative plays backwards. */
  readonly speed: Rational;
  /**
   * `content`: the clip shows the same part of its media and lasts as long as that takes, up to the clip that follows unless `ripple`.
   * `duration`: it lasts as long as before and shows more or less, as far as the media goes.
   */
  readonly keep: 'content' | 'duration';
  readonly ripple?: boolean;
  readonly lengths: MediaLengths;
}

const size = (speed: Rational): Rational => (speed.numerator < 0 ? negative(speed) : speed);

/** Changes how fast clips play, with all that is linked to them, each group from its first frame on. */
export function changeSpeed({ clips, speed, keep, ripple = false, lengths }: SpeedOptions): Edit {
  const wanted = checkedSpeed(speed);
  return settled((draft) => {
    const groups = new Map<string, Place[]>();
    for (const place of linkedPlaces(draft, clips)) {
      const group = place.clip.link ?? `alone ${place.clip.id}`;
      groups.set(group, [...(groups.get(group) ?? []), place]);
    }
    // From the last on, so that a ripple moves only what is done.
    const inOrder = [...groups.values()].sort((one, other) => firstFrame(other) - firstFrame(one));
    for (const group of inOrder) changeGroup(draft, group, wanted, { keep, ripple, lengths });
  });
}

const firstFrame = (places: readonly Place[]): number => Math.min(...places.map(({ clip }) => clip.start));
const lastFrame = (places: readonly Place[]): number => Math.max(...places.map(({ clip }) => endOf(clip)));

function changeGroup(
  draft: SequenceDraft,
  group: readonly Place[],
  speed: Rational,
  { keep, ripple, lengths }: Required<Pick<SpeedOptions, 'keep' | 'ripple' | 'lengths'>>,
): void {
  if (group.every(({ clip }) => clip.kind === 'title')) return;
  const copies = group.map(({ track, clip }) => ({ track, clip: copyOf(clip) }));
  for (const place of group) takeClip(place);
  const [from, to] = [firstFrame(copies), lastFrame(copies)];
  for (const { clip } of copies) {
    if (clip.kind !== 'title' && clip.speed.numerator < 0 !== speed.numerator < 0) mirror(clip, from, to, draft);
  }
  for (const { clip } of copies) stretch(clip, from, size(speed), keep, draft, lengths);
  if (ripple) shiftFrom(draft, to, lastFrame(copies) - to);
  for (const { track, clip } of copies) {
    const next = track.clips.find(({ start }) => start >= clip.start);
    if (next !== undefined) clip.duration = Math.max(1, Math.min(clip.duration, next.start - clip.start));
    putClip(track, clip);
  }
}

/** Turns a clip round within its group's stretch: every picture is shown at the frame opposite to its own. */
function mirror(clip: ClipDraft, from: number, to: number, { rate }: SequenceDraft): void {
  if (clip.kind === 'title') return;
  clip.sourceStart = sourceTime(clip, clip.duration, rate);
  clip.speed = negative(clip.speed);
  clip.start = from + to - endOf(clip);
  [clip.fadeIn, clip.fadeOut] = [clip.fadeOut, clip.fadeIn];
}

function stretch(
  clip: ClipDraft,
  from: number,
  speed: Rational,
  keep: SpeedOptions['keep'],
  { rate }: SequenceDraft,
  lengths: MediaLengths,
): void {
  if (clip.kind === 'title') return;
  const ratio = divide(size(clip.speed), speed);
  const step = multiply(frameSeconds(rate), clip.speed);
  // The media's time at the group's first frame, as if the clip reached there: one clock for all that is linked.
  const clock = subtract(clip.sourceStart, multiply(rational(clip.start - from), step));
  const start = from + ceiling(multiply(rational(clip.start - from), ratio));
  clip.speed = clip.speed.numerator < 0 ? negative(speed) : speed;
  clip.sourceStart = clock;
  clip.sourceStart = sourceTime(clip, start - from, rate);
  clip.start = start;
  if (keep === 'content') {
    clip.duration = Math.max(1, nearest(multiply(rational(clip.duration), ratio)));
    mapKeyframes(clip, (keyframe) => ({ ...keyframe, frame: nearest(multiply(rational(keyframe.frame), ratio)) }));
  }
  clip.duration = Math.max(1, Math.min(clip.duration, reachOf(clip, rate, lengths).duration));
  clip.fadeIn = Math.min(clip.fadeIn, clip.duration);
  clip.fadeOut = Math.min(clip.fadeOut, clip.duration);
}
