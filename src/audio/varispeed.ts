/**
 * A sound read at any speed from any place, as a tape is: pitch goes with speed. Band-limited interpolation with a table of a windowed sinc
 * (J. O. Smith, "Digital Audio Resampling", section "Implementation"); where it is read faster, what would alias is filtered away.
 */
import { bessel0, KAISER_BETA } from './resample';
import { sampleCount, type Waveform } from './waveform';

/** Zero crossings of the sinc on each side, and points of the table between two of them: 512 hold its interpolation below -100 dB. */
const crossings = 32;
const pointsPerCrossing = 512;

let kernel: Float64Array | undefined;

/** Half of the windowed sinc from its middle to its end, and a 0 after it. */
function kernelTable(): Float64Array {
  if (kernel !== undefined) return kernel;
  const points = crossings * pointsPerCrossing;
  kernel = Float64Array.from({ length: points + 2 }, (_, at) => {
    if (at >= points) return 0;
    const angle = (Math.PI * at) / pointsPerCrossing;
    return ((angle === 0 ? 1 : Math.sin(angle) / angle) * bessel0(KAISER_BETA * Math.sqrt(1 - (at / points) ** 2))) / bessel0(KAISER_BETA);
  });
  return kernel;
}

/**
 * Samples at the places start, start + step, ... of a sound; silence before it begins and after it ends.
 * @param start place of the first in samples of the sound, fractions too
 * @param step samples of the sound from one to the next; negative reads backwards
 * @returns as many channels as the sound has, [count] each
 */
export function readAtSpeed(sound: Waveform, start: number, step: number, count: number): Float32Array<ArrayBuffer>[] {
  const length = sampleCount(sound);
  if (Math.abs(step) === 1 && Number.isInteger(start)) {
    return sound.channels.map((samples) => Float32Array.from({ length: count }, (_, at) => samples[start + at * step] ?? 0));
  }
  const table = kernelTable();
  // A faster reading has the lower Nyquist frequency.
  const scale = Math.min(1, 1 / Math.abs(step));
  const reach = crossings / scale;
  return sound.channels.map((samples) => {
    const result = new Float32Array(count);
    for (let at = 0; at < count; at++) {
      const place = start + at * step;
      const end = Math.min(length - 1, Math.floor(place + reach));
      let sum = 0;
      for (let tap = Math.max(0, Math.ceil(place - reach)); tap <= end; tap++) {
        const position = Math.abs(tap - place) * scale * pointsPerCrossing;
        const low = Math.floor(position);
        sum += samples[tap] * (table[low] + (table[low + 1] - table[low]) * (position - low));
      }
      result[at] = sum * scale;
    }
    return result;
  });
}
