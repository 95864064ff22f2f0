/** What a sequence sounds like. */
import { readAtSpeed, samplesOnPath, type ReadingPath, type SoundSource } from '../audio';
import { toNumber } from './rational';
import { endOf, type SoundClip } from './sequence/clip';
import { valueAt } from './sequence/evaluate';
import type { Sequence } from './sequence/sequence';
import { fadeAt, soundsIn } from './sequence/visible';

export interface MixRange {
  /** Frames of the sequence, `end` not included. */
  readonly start: number;
  readonly end: number;
}

/** The sound of a media item by its id, at any rate; null where there is none, which is silence. */
export type SoundOfMedia = (media: string) => Promise<SoundSource | null>;

/**
 * The sound of a range of frames in stereo: all audible clips at their speed, gain, pan and fades, added up. Samples may go beyond -1 and 1 where
 * clips are loud together. Of each media item only what a stretch needs is read, and each sample depends on its place in the sequence alone: the
 * same to the bit in whatever stretches the mix is read, and whatever range it is of.
 * @param sampleRate of the result
 */
export function mixSound(sequence: Sequence, range: MixRange, soundOf: SoundOfMedia, sampleRate = 48_000): SoundSource {
  const first = sampleOf(range.start, sequence, sampleRate);
  const length = sampleOf(range.end, sequence, sampleRate) - first;
  return {
    ...{ sampleRate, channels: 2, length },
    async read(start, end) {
      const channels = [new Float32Array(end - start), new Float32Array(end - start)];
      const [from, to] = [first + Math.max(0, start), first + Math.min(length, end)];
      for (const clip of clipsBetween(sequence, range, from, to, sampleRate)) {
        const sound = await soundOf(clip.media);
        if (sound !== null) await addClip(channels, first + start, clip, sound, { sequence, from, to, sampleRate });
      }
      return { sampleRate, channels };
    },
  };
}

/** The first sample of a frame. */
const sampleOf = (frame: number, { rate }: Sequence, sampleRate: number): number =>
  Math.round((frame * rate.denominator * sampleRate) / rate.numerator);

/** Clips of a range that are heard between two samples of the sequence, in the order in which they are added up. */
function clipsBetween(sequence: Sequence, range: MixRange, from: number, to: number, sampleRate: number): SoundClip[] {
  const frameOf = (sample: number): number => (sample * sequence.rate.numerator) / (sequence.rate.denominator * sampleRate);
  // A sample may be rounded into the frame beside its own.
  const start = Math.max(range.start, Math.floor(frameOf(from)) - 1);
  const end = Math.min(range.end, Math.ceil(frameOf(to)) + 1);
  return soundsIn(sequence, { start, end }).map(({ clip }) => clip);
}

interface MixScene {
  readonly sequence: Sequence;
  /** Samples of the sequence that are mixed, `to` not included. */
  readonly from: number;
  readonly to: number;
  readonly sampleRate: number;
}

/** @param channels from sample `first` of the sequence on */
async function addClip(
  [left, right]: readonly Float32Array[],
  first: number,
  clip: SoundClip,
  sound: SoundSource,
  { sequence, from, to, sampleRate }: MixScene,
): Promise<void> {
  const { rate } = sequence;
  // Everything is counted in samples from the clip's own first, not from that of a stretch: so stretches meet.
  const begin = sampleOf(clip.start, sequence, sampleRate);
  const [start, end] = [Math.max(from, begin) - begin, Math.min(to, sampleOf(endOf(clip), sequence, sampleRate)) - begin];
  if (start >= end) return;
  // Seconds by which the first sample lies after the clip's beginning, within half a sample.
  const passed = begin / sampleRate - (clip.start * rate.denominator) / rate.numerator;
  const speed = toNumber(clip.speed);
  const place = nearWhole((toNumber(clip.sourceStart) + speed * passed) * sound.sampleRate);
  const step = (speed * sound.sampleRate) / sampleRate;
  const path: ReadingPath = { start: step < 0 ? place - 1 : place, step };
  const needed = samplesOnPath(path, start, end);
  const { channels } = await sound.read(needed.start, needed.end);
  const read = readAtSpeed({ channels, first: needed.start }, path, start, end);
  const framesPerSample = rate.numerator / (rate.denominator * sampleRate);
  for (let at = start; at < end; at++) {
    const frames = passed * (rate.numerator / rate.denominator) + at * framesPerSample;
    const loudness = 10 ** (valueAt(clip.gain, frames) / 20) * fadeAt(clip, frames);
    const [l, r] = panned(read, at - start, Math.min(1, Math.max(-1, valueAt(clip.pan, frames))));
    left[begin + at - first] += l * loudness;
    right[begin + at - first] += r * loudness;
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
