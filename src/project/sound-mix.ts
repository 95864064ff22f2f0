/** What a sequence sounds like. */
import { readAtSpeed, type Waveform } from '../audio';
import { toNumber } from './rational';
import { valueAt } from './sequence/evaluate';
import type { Sequence } from './sequence/sequence';
import { fadeAt, soundsIn, type AudibleClip } from './sequence/visible';

export interface MixRange {
  /** Frames of the sequence, `end` not included. */
  readonly start: number;
  readonly end: number;
}

/**
 * The sound of a range of frames in stereo: all audible clips at their speed, gain, pan and fades, added up. Samples may go beyond -1 and 1 where
 * clips are loud together. A range may be mixed in parts: they meet without a seam.
 * @param soundOf the sound of a media item by its id, at any rate; null where there is none, which is silence
 * @param sampleRate of the result
 */
export function mixSound(sequence: Sequence, range: MixRange, soundOf: (media: string) => Waveform | null, sampleRate = 48_000): Waveform {
  const first = sampleOf(range.start, sequence, sampleRate);
  const length = sampleOf(range.end, sequence, sampleRate) - first;
  const channels = [new Float32Array(length), new Float32Array(length)];
  for (const audible of soundsIn(sequence, range)) {
    const sound = soundOf(audible.clip.media);
    if (sound !== null) addClip(channels, audible, sound, { sequence, first, sampleRate });
  }
  return { sampleRate, channels };
}

/** The first sample of a frame. */
const sampleOf = (frame: number, { rate }: Sequence, sampleRate: number): number =>
  Math.round((frame * rate.denominator * sampleRate) / rate.numerator);

interface MixScene {
  readonly sequence: Sequence;
  /** Sample of the sequence that the channels begin with. */
  readonly first: number;
  readonly sampleRate: number;
}

function addClip(
  channels: readonly Float32Array[],
  { clip, start, end }: AudibleClip,
  sound: Waveform,
  { sequence, first, sampleRate }: MixScene,
): void {
  const { rate } = sequence;
  const from = sampleOf(start, sequence, sampleRate);
  const count = sampleOf(end, sequence, sampleRate) - from;
  // Places are counted from the clip's own beginning, not from the range's: so parts of a mix meet.
  const passed = from / sampleRate - (clip.start * rate.denominator) / rate.numerator;
  const speed = toNumber(clip.speed);
  const place = nearWhole((toNumber(clip.sourceStart) + speed * passed) * sound.sampleRate);
  const step = (speed * sound.sampleRate) / sampleRate;
  const read = readAtSpeed(sound, step < 0 ? place - 1 : place, step, count);
  const [left, right] = channels;
  const framesPerSample = rate.numerator / (rate.denominator * sampleRate);
  for (let at = 0; at < count; at++) {
    const frames = passed * (rate.numerator / rate.denominator) + at * framesPerSample;
    const loudness = 10 ** (valueAt(clip.gain, frames) / 20) * fadeAt(clip, frames);
    const [l, r] = panned(read, at, Math.min(1, Math.max(-1, valueAt(clip.pan, frames))));
    left[from - first + at] += l * loudness;
    right[from - first + at] += r * loudness;
  }
}

/** Positions that are whole but for rounding read samples as they are. */
function nearWhole(place: number): number {
  const whole = Math.round(place);
  return Math.abs(place - whole) < 1e-6 ? whole : place;
}

/**
 * Left and right of one sample (Web Audio API, section 1.32.4, equal power): a sound of one channel goes from one to the other with the same power,
 * and is in the middle as loud in both as it is; of two channels, the one that is moved away from is added to the other.
 */
function panned(channels: readonly Float32Array[], at: number, pan: number): readonly [number, number] {
  const quarter = Math.PI / 2;
  if (channels.length === 1) {
    const angle = ((pan + 1) / 2) * quarter;
    return [channels[0][at] * Math.SQRT2 * Math.cos(angle), channels[0][at] * Math.SQRT2 * Math.sin(angle)];
  }
  const [left, right] = [channels[0][at], channels[1][at]];
  if (pan <= 0) return [left + right * Math.cos((pan + 1) * quarter), right * Math.sin((pan + 1) * quarter)];
  return [left * Math.cos(pan * quarter), right + left * Math.sin(pan * quarter)];
}
