/** Sounds that are read in stretches, so that what is heard for an hour does not lie in memory for it. */
import { sampleCount, waveformPart, type Waveform } from './waveform';

/** A sound by its samples: one in memory, a file that is decoded as it is asked for, a mix. */
export interface SoundSource {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of a channel. */
  readonly length: number;
  /**
   * Samples `start` to `end`, the latter not included; silence before the sound begins and where it has ended. The same samples whatever was
   * read before. Stretches that follow each other are fastest.
   */
  read(start: number, end: number): Promise<Waveform>;
}

/** A sound in memory. @throws AiprodError `shape-mismatch` when its channels differ in length */
export function waveformSource(waveform: Waveform): SoundSource {
  return {
    ...{ sampleRate: waveform.sampleRate, channels: waveform.channels.length, length: sampleCount(waveform) },
    read: async (start, end) => waveformPart(waveform, start, end),
  };
}

/** The whole of it in memory. */
export const wholeSound = (source: SoundSource): Promise<Waveform> => source.read(0, source.length);

/** A second of a sound, or what is left of it. */
export interface Stretch {
  /** Samples of the sound, `end` not included. */
  readonly first: number;
  readonly end: number;
  /** Those, and as many before and after them as were asked for. */
  readonly around: Waveform;
}

/** Consecutive stretches from beginning to end. @param reach samples before and after each that come with it */
export async function* stretchesOf(source: SoundSource, reach = 0): AsyncGenerator<Stretch, void, undefined> {
  for (let first = 0; first < source.length; first += source.sampleRate) {
    const end = Math.min(source.length, first + source.sampleRate);
    yield { first, end, around: await source.read(first - reach, end + reach) };
  }
}
