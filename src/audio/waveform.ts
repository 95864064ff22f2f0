import { AiprodError } from '../errors';

/** Sound as samples. */
export interface Waveform {
  /** Samples a second. */
  readonly sampleRate: number;
  /** One array a channel (left, right), all of one length, -1 to 1. */
  readonly channels: readonly Float32Array[];
}

/** Samples of a channel. @throws AiprodError `shape-mismatch` when channels are of different lengths, or there is none. */
export function sampleCount({ channels }: Waveform): number {
  const lengths = new Set(channels.map(({ length }) => length));
  const [length] = lengths;
  if (lengths.size === 1) return length;
  throw new AiprodError('shape-mismatch', 'the channels of a sound are not of one length', {
    expected: 'one or more channels of the same number of samples',
    found: channels.length === 0 ? 'none' : [...lengths].join(', '),
  });
}

/** The channels' mean, [samples]. */
export function monoSamples(waveform: Waveform): Float32Array {
  const { channels } = waveform;
  const length = sampleCount(waveform);
  if (channels.length === 1) return channels[0];
  return Float32Array.from({ length }, (_, at) => channels.reduce((sum, samples) => sum + samples[at], 0) / channels.length);
}

/** A sound of one or two channels as it is; of more, which neither models nor clips take, their mean. */
export const stereoAtMost = (waveform: Waveform): Waveform =>
  waveform.channels.length > 2 ? { sampleRate: waveform.sampleRate, channels: [monoSamples(waveform)] } : waveform;

/** Samples `start` to `end`, the latter not included; silence before the sound begins and where it has ended. */
export function waveformPart({ sampleRate, channels }: Waveform, start: number, end: number): Waveform {
  return {
    sampleRate,
    channels: channels.map((samples) => {
      const part = new Float32Array(end - start);
      part.set(samples.subarray(Math.max(0, start), Math.max(0, end)), Math.min(Math.max(0, -start), part.length));
      return part;
    }),
  };
}
