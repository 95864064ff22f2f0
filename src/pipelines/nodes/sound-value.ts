import type { Waveform } from '../../audio';
import type { TensorValue } from '../dag';

/** Channels of a sound as a value [channels, samples]. */
export function tensorOfWaveform(channels: readonly Float32Array[]): TensorValue {
  const samples = channels[0]?.length ?? 0;
  const data = new Float32Array(channels.length * samples);
  channels.forEach((channel, k) => data.set(channel, k * samples));
  return { shape: [channels.length, samples], data };
}

/** A value [channels, samples] as a sound of a rate. */
export function waveformOfTensor({ shape: [channels, samples], data }: TensorValue, sampleRate: number): Waveform {
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) => data.subarray(channel * samples, (channel + 1) * samples)),
  };
}
