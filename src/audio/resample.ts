/**
 * Sampling rates, by windowed-sinc interpolation (J. O. Smith, "Digital Audio Resampling"): a sinc at the lower of both Nyquist
 * frequencies under a Kaiser window. About 100 dB of stopband; the passband ends at 90 % of the lower Nyquist frequency.
 */
import { AiprodError } from '../errors';
import type { SoundSource } from './sound-source';
import { sampleCount, type Waveform } from './waveform';

/** Zero crossings of the sinc on each side. */
const ZERO_CROSSINGS = 64;
/** Kaiser's formula for 100 dB: 0.1102 (A - 8.7). */
export const KAISER_BETA = 0.1102 * (100 - 8.7);
/** Where the cutoff lies, so that the transition of width (A - 8) / (2.285 * 2 * 64) radians ends at the Nyquist frequency. */
const CUTOFF = 0.95;

/** Modified Bessel function of the first kind and order 0, by its power series. */
export function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * A sound at another sampling rate, as long as before: round(samples * rate / its rate) samples, the first at the same moment.
 * Beyond both ends there is silence.
 * @param sampleRate samples a second, whole
 * @throws AiprodError `bad-input` for a rate that is no positive whole number
 */
export function resample(waveform: Waveform, sampleRate: number): Waveform {
  checkRates(sampleRate, waveform.sampleRate);
  if (sampleRate === waveform.sampleRate) return waveform;
  const resampler = createResampler(waveform.sampleRate, sampleRate);
  const length = resampler.length(sampleCount(waveform));
  return { sampleRate, channels: waveform.channels.map((samples) => resampler.range(samples, 0, 0, length)) };
}

/** As `resample`, of a sound that is read in stretches: the same samples to the bit. */
export function resampledSource(source: SoundSource, sampleRate: number): SoundSource {
  checkRates(sampleRate, source.sampleRate);
  if (sampleRate === source.sampleRate) return source;
  const resampler = createResampler(source.sampleRate, sampleRate);
  const length = resampler.length(source.length);
  return {
    ...{ sampleRate, channels: source.channels, length },
    async read(start, end) {
      const [from, to] = [Math.max(0, start), Math.min(length, end)];
      const channels = Array.from({ length: source.channels }, () => new Float32Array(end - start));
      if (from >= to) return { sampleRate, channels };
      const needed = resampler.needed(from, to);
      const part = await source.read(needed.start, needed.end);
      for (const [k, samples] of part.channels.entries()) {
        channels[k].set(resampler.range(samples, needed.start, from, to), from - start);
      }
      return { sampleRate, channels };
    },
  };
}

function checkRates(...rates: readonly number[]): void {
  for (const rate of rates) {
    if (Number.isInteger(rate) && rate > 0) continue;
    throw new AiprodError('bad-input', 'This is no sampling rate', { expected: 'a positive whole number', found: String(rate) });
  }
}

/** From one rate to another. Each sample of the result depends on those around its place alone, so any stretch is that of the whole. */
export interface Resampler {
  /** Samples that so many become. */
  length(samples: number): number;
  /** What is read for samples `start` to `end` of the result. */
  needed(start: number, end: number): { readonly start: number; readonly end: number };
  /**
   * Samples `start` to `end` of the result.
   * @param samples from sample `first` on; what is not among them is silence
   */
  range(samples: Float32Array, first: number, start: number, end: number): Float32Array<ArrayBuffer>;
}

/** @param zeroCrossings of the sinc on each side: fewer are faster, and cut high frequencies less sharply */
export function createResampler(fromRate: number, toRate: number, zeroCrossings = ZERO_CROSSINGS): Resampler {
  const divisor = greatestCommonDivisor(toRate, fromRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const reach = zeroCrossings / Math.min(1, up / down);
  const before = Math.floor(reach);
  const filterOf = phaseFilters(up, down, reach);
  return {
    length: (samples) => Math.round((samples * up) / down),
    needed: (start, end) => ({
      start: Math.floor((start * down) / up) - before,
      end: Math.floor(((end - 1) * down) / up) + before + 1,
    }),
    range(samples, first, start, end) {
      const result = new Float32Array(end - start);
      for (let at = start; at < end; at++) {
        const position = at * down;
        const weights = filterOf(position % up);
        const from = Math.floor(position / up) - before - first;
        const last = Math.min(weights.length, samples.length - from);
        let sum = 0;
        for (let tap = Math.max(0, -from); tap < last; tap++) sum += weights[tap] * samples[from + tap];
        result[at - start] = sum;
      }
      return result;
    },
  };
}

/** The weights of the samples from `floor(reach)` before a position on, for each fraction phase / up of a sample; made when first asked for. */
function phaseFilters(up: number, down: number, reach: number): (phase: number) => Float64Array {
  const scale = CUTOFF * Math.min(1, up / down);
  const before = Math.floor(reach);
  const filters = new Map<number, Float64Array>();
  const atCentre = bessel0(KAISER_BETA);
  const make = (phase: number): Float64Array =>
    Float64Array.from({ length: 2 * before + 1 }, (_, at) => {
      const distance = at - before - phase / up;
      if (Math.abs(distance) >= reach) return 0;
      const angle = Math.PI * scale * distance;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      return (scale * sinc * bessel0(KAISER_BETA * Math.sqrt(1 - (distance / reach) ** 2))) / atCentre;
    });
  return (phase) => {
    const known = filters.get(phase);
    if (known !== undefined) return known;
    const filter = make(phase);
    filters.set(phase, filter);
    return filter;
  };
}
