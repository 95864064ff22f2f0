/**
 * A sound read at any speed from any place, as a tape is: pitch goes with speed. Band-limited interpolation with a table of a windowed sinc
 * (J. O. Smith, "Digital Audio Resampling", section "Implementation"); where it is read faster, what would alias is filtered away.
 */
import { bessel0, KAISER_BETA } from './resample';

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

/** How a sound is read: its places are `start + k * step` for k = 0, 1, ... */
export interface ReadingPath {
  /** In samples of the sound, fractions too. */
  readonly start: number;
  /** Samples of the sound from one to the next; negative reads backwards. */
  readonly step: number;
}

/** What `readAtSpeed` needs of a sound for the places `from` to `to` of a path, the latter not included. */
export function samplesOnPath({ start, step }: ReadingPath, from: number, to: number): { readonly start: number; readonly end: number } {
  const [one, other] = [start + from * step, start + (to - 1) * step];
  const reach = crossings * Math.max(1, Math.abs(step));
  return { start: Math.floor(Math.min(one, other) - reach), end: Math.ceil(Math.max(one, other) + reach) + 1 };
}

/**
 * The sound at the places `from` to `to` of a path, the latter not included: each depends on its own place alone, so that a path may be read in
 * any parts.
 * @param channels samples from sample `first` of the sound on; what is not among them is silence
 * @returns as many channels, [to - from] each
 */
export function readAtSpeed(
  { channels, first }: { readonly channels: readonly Float32Array[]; readonly first: number },
  { start, step }: ReadingPath,
  from: number,
  to: number,
): Float32Array<ArrayBuffer>[] {
  const count = to - from;
  if (Math.abs(step) === 1 && Number.isInteger(start)) {
    const begin = start + from * step - first;
    return channels.map((samples) => Float32Array.from({ length: count }, (_, at) => samples[begin + at * step] ?? 0));
  }
  const table = kernelTable();
  // A faster reading has the lower Nyquist frequency.
  const scale = Math.min(1, 1 / Math.abs(step));
  const reach = crossings / scale;
  return channels.map((samples) => {
    const result = new Float32Array(count);
    for (let at = 0; at < count; at++) {
      const place = start + (from + at) * step;
      const end = Math.min(first + samples.length - 1, Math.floor(place + reach));
      let sum = 0;
      for (let tap = Math.max(first, Math.ceil(place - reach)); tap <= end; tap++) {
        const position = Math.abs(tap - place) * scale * pointsPerCrossing;
        const low = Math.floor(position);
        sum += samples[tap - first] * (table[low] + (table[low + 1] - table[low]) * (position - low));
      }
      result[at] = sum * scale;
    }
    return result;
  });
}
