import type { Waveform } from './waveform';

/**
 * The sound later by `seconds` (earlier when negative), of the same length: silence where nothing is left, and what moves past an end is
 * cut. Whole samples only.
 */
export function shiftWaveform(waveform: Waveform, seconds: number): Waveform {
  const shift = Math.round(seconds * waveform.sampleRate);
  return {
    ...waveform,
    channels: waveform.channels.map((samples) => {
      const moved = new Float32Array(samples.length);
      if (Math.abs(shift) >= samples.length) return moved;
      moved.set(shift >= 0 ? samples.subarray(0, samples.length - shift) : samples.subarray(-shift), Math.max(0, shift));
      return moved;
    }),
  };
}
