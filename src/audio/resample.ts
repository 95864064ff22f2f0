/**
 * Sampling rates, by windowed-sinc interpolation (J. O. Smith, "Digital Audio Resampling"): a sinc at the lower of both Nyquist
 * frequencies under a Kaiser window. About 100 dB of stopband; the passband ends at 90 % of the lower Nyquist frequency.
 */
import { AiprodError } from '../errors';
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
  for (const rate of [sampleRate, waveform.sampleRate]) {
    if (Number.isInteger(rate) && rate > 0) continue;
    throw new AiprodError('bad-input', 'This is no sampling rate', { expected: 'a positive whole number', found: String(rate) });
  }
  if (sampleRate === waveform.sampleRate) return waveform;
  const divisor = greatestCommonDivisor(sampleRate, waveform.sampleRate);
  const up = sampleRate / divisor;
  const down = waveform.sampleRate / divisor;
  const filters = phaseFilters(up, down);
  const length = Math.round((sampleCount(waveform) * up) / down);
  return { sampleRate, channels: waveform.channels.map((samples) => resampleChannel(samples, length, up, down, filters)) };
}

interface PhaseFilter {
  /** Weights of the input samples `before` before the position and on. */
  readonly weights: Float64Array;
  readonly before: number;
}

/** The filter of each fraction phase / up of an input sample, made when it is first asked for. */
function phaseFilters(up: number, down: number): (phase: number) => PhaseFilter {
  const scale = CUTOFF * Math.min(1, up / down);
  const reach = ZERO_CROSSINGS / Math.min(1, up / down);
  const before = Math.floor(reach);
  const filters = new Map<number, PhaseFilter>();
  const atCentre = bessel0(KAISER_BETA);
  const make = (phase: number): PhaseFilter => {
    const weights = Float64Array.from({ length: 2 * before + 1 }, (_, at) => {
      const distance = at - before - phase / up;
      if (Math.abs(distance) >= reach) return 0;
      const angle = Math.PI * scale * distance;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      return (scale * sinc * bessel0(KAISER_BETA * Math.sqrt(1 - (distance / reach) ** 2))) / atCentre;
    });
    return { weights, before };
  };
  return (phase) => {
    const known = filters.get(phase);
    if (known !== undefined) return known;
    const filter = make(phase);
    filters.set(phase, filter);
    return filter;
  };
}

function resampleChannel(
  samples: Float32Array,
  length: number,
  up: number,
  down: number,
  filterOf: (phase: number) => PhaseFilter,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(length);
  for (let at = 0; at < length; at++) {
    const position = at * down;
    const { weights, before } = filterOf(position % up);
    const start = Math.floor(position / up) - before;
    const end = Math.min(weights.length, samples.length - start);
    let sum = 0;
    for (let tap = Math.max(0, -start); tap < end; tap++) sum += weights[tap] * samples[start + tap];
    result[at] = sum;
  }
  return result;
}
