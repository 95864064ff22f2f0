import { AiprodError } from '../errors';
import { resample } from './resample';
import { sampleCount, type Waveform } from './waveform';

/**
 * Signal-to-noise ratio in dB of a sound against a reference: the reference's energy to the energy of the difference, all channels
 * together, over the time that both last. A sound of another rate is resampled to the reference's. Infinity where they are equal.
 * @throws AiprodError `shape-mismatch` when the channels differ in number
 */
export function signalToNoise(reference: Waveform, sound: Waveform): number {
  if (reference.channels.length !== sound.channels.length) {
    throw new AiprodError('shape-mismatch', 'the sounds differ in their channels', {
      expected: String(reference.channels.length),
      found: String(sound.channels.length),
    });
  }
  const actual = resample(sound, reference.sampleRate);
  const length = Math.min(sampleCount(reference), sampleCount(actual));
  let signal = 0;
  let noise = 0;
  for (const [channel, samples] of reference.channels.entries()) {
    const other = actual.channels[channel];
    for (let at = 0; at < length; at++) {
      signal += samples[at] ** 2;
      noise += (samples[at] - other[at]) ** 2;
    }
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
