import { AiprodError } from '../errors';
import { sampleCount, type Waveform } from './waveform';

/** Where one sound goes over into another, in samples of the first. */
export interface SoundSeam {
  /** Where the second begins. */
  readonly at: number;
  /** From where on the second is mixed in, and from where on it is heard alone: both sounds last that far. */
  readonly fade: readonly [from: number, to: number];
}

/**
 * Two sounds that overlap, as one: the first, a linear crossfade, the second to its end. Outside of the crossfade every sample is that of
 * its sound.
 * @throws AiprodError `shape-mismatch` for sounds of different rates or channels, or a crossfade where one of them is silent
 */
export function crossfade(first: Waveform, second: Waveform, { at, fade: [from, to] }: SoundSeam): Waveform {
  const end = sampleCount(first);
  const length = at + sampleCount(second);
  const described = ({ sampleRate, channels }: Waveform): string => `${channels.length} channels of ${sampleRate} Hz`;
  if (described(first) !== described(second)) {
    throw new AiprodError('shape-mismatch', 'two sounds that follow each other are not alike', {
      expected: described(first),
      found: described(second),
    });
  }
  if (!(0 <= at && at <= from && from <= to && to <= Math.min(end, length))) {
    throw new AiprodError('shape-mismatch', 'two sounds do not overlap where one goes over into the other', {
      expected: `samples ${at} to ${Math.min(end, length)}`,
      found: `${from} to ${to}`,
    });
  }
  return {
    sampleRate: first.sampleRate,
    channels: first.channels.map((own, channel) => {
      const next = second.channels[channel];
      const joined = new Float32Array(length);
      joined.set(own.subarray(0, from));
      joined.set(next.subarray(from - at), from);
      for (let k = from; k < to; k++) joined[k] = own[k] + ((k - from + 0.5) / (to - from)) * (next[k - at] - own[k]);
      return joined;
    }),
  };
}
