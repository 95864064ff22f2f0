/** Loudness and true peak after ITU-R BS.1770-4, gated as EBU R 128 has it. */
import { AiprodError } from '../errors';
import { resample } from './resample';
import { sampleCount, type Waveform } from './waveform';

/** Coefficients of a second-order section; a0 is 1. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** BS.1770-4, annex 1: the shelf that stands for the head, as the analogue filter whose digital form at 48 kHz the standard lists. */
function headShelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b: [(high + (band * k) / q + k * k) / a0, (2 * (k * k - high)) / a0, (high - (band * k) / q + k * k) / a0],
    a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
  };
}

/** BS.1770-4, annex 1: the high pass, in the same form. */
function highPass(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
}

function filtered(samples: Float32Array | Float64Array, { b, a }: Biquad): Float64Array {
  const result = new Float64Array(samples.length);
  let first = 0;
  let second = 0;
  for (let at = 0; at < samples.length; at++) {
    const input = samples[at];
    const output = b[0] * input + first;
    first = b[1] * input - a[0] * output + second;
    second = b[2] * input - a[1] * output;
    result[at] = output;
  }
  return result;
}

/** Weight of each channel: 5.1 in the order L, R, C, LFE, Ls, Rs; the LFE is not heard. Other sounds: 1 each. */
function channelWeights(count: number): readonly number[] {
  if (count === 6) return [1, 1, 1, 0, 1.41, 1.41];
  if (count === 5) return [1, 1, 1, 1.41, 1.41];
  return new Array<number>(count).fill(1);
}

/** Seconds of a gating block and from one to the next. */
const BLOCK_SECONDS = 0.4;
const BLOCK_STEP_SECONDS = 0.1;
const ABSOLUTE_GATE = -70;
const RELATIVE_GATE = -10;

const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Integrated loudness in LUFS; -Infinity where no block is above the absolute gate of -70 LUFS: silence, or less than 0.4 s.
 * @throws AiprodError `shape-mismatch` when the channels differ in length
 */
export function integratedLoudness(waveform: Waveform): number {
  const { sampleRate, channels } = waveform;
  const length = sampleCount(waveform);
  const block = Math.round(BLOCK_SECONDS * sampleRate);
  const step = BLOCK_STEP_SECONDS * sampleRate;
  const blocks = Math.max(0, Math.floor((length - block) / step + 1e-9) + 1);
  const powers = new Array<number>(blocks).fill(0);
  const weights = channelWeights(channels.length);
  for (const [channel, samples] of channels.entries()) {
    if (weights[channel] === 0) continue;
    const heard = filtered(filtered(samples, headShelf(sampleRate)), highPass(sampleRate));
    for (let at = 0; at < blocks; at++) {
      const start = Math.round(at * step);
      let sum = 0;
      for (let sample = start; sample < start + block; sample++) sum += heard[sample] * heard[sample];
      powers[at] += (weights[channel] * sum) / block;
    }
  }
  const loud = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE);
  if (loud.length === 0) return -Infinity;
  const gate = loudnessOf(mean(loud)) + RELATIVE_GATE;
  return loudnessOf(mean(loud.filter((power) => loudnessOf(power) > gate)));
}

/** Annex 2 of the standard: four times 48 kHz finds peaks between samples within 0.6 dB. */
const TRUE_PEAK_RATE = 192_000;

const oversampling = (sampleRate: number): number => Math.max(1, Math.ceil(TRUE_PEAK_RATE / sampleRate));

/** Largest magnitude around each sample of any channel, between samples too. */
function peaksAround(waveform: Waveform): Float64Array {
  const factor = oversampling(waveform.sampleRate);
  const fine = resample(waveform, waveform.sampleRate * factor);
  const peaks = new Float64Array(sampleCount(waveform));
  for (const [channel, samples] of fine.channels.entries()) {
    const stored = waveform.channels[channel];
    for (let at = 0; at < peaks.length; at++) {
      let peak = Math.max(peaks[at], Math.abs(stored[at]));
      for (let part = at * factor; part < (at + 1) * factor; part++) peak = Math.max(peak, Math.abs(samples[part]));
      peaks[at] = peak;
    }
  }
  return peaks;
}

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude);
const amplitudeOf = (gain: number): number => 10 ** (gain / 20);

/** True peak in dBTP; -Infinity for silence. */
export function truePeak(waveform: Waveform): number {
  return decibels(peaksAround(waveform).reduce((largest, peak) => Math.max(largest, peak), 0));
}

/** A sound with every sample times a factor. */
export function amplify({ sampleRate, channels }: Waveform, factor: number): Waveform {
  return { sampleRate, channels: channels.map((samples) => samples.map((sample) => sample * factor)) };
}

/** Seconds in which a limiter turns down before a peak, and up after it. */
const LIMITER_SECONDS = 0.005;

/**
 * Turns a sound down around its peaks so that none exceeds `ceiling`, all channels alike. What is below stays as it is.
 * @param ceiling dBTP
 */
export function limitTruePeak(waveform: Waveform, ceiling: number): Waveform {
  const most = amplitudeOf(ceiling);
  const wanted = peaksAround(waveform).map((peak) => (peak > most ? most / peak : 1));
  if (wanted.every((gain) => gain === 1)) return waveform;
  const reach = Math.max(1, Math.round(LIMITER_SECONDS * waveform.sampleRate));
  // The mean of minima over a window contains no value above what its middle wants, so that every peak is met in full.
  const gains = movingMean(movingMinimum(wanted, reach), reach);
  const limited: Waveform = {
    ...waveform,
    channels: waveform.channels.map((samples) => samples.map((sample, at) => sample * gains[at])),
  };
  // A gain that moves shifts what lies between samples by a hair.
  const excess = truePeak(limited) - ceiling;
  return excess > 0 ? amplify(limited, amplitudeOf(-excess)) : limited;
}

/** Least value from `reach` before to `reach` after each place. */
function movingMinimum(values: Float64Array, reach: number): Float64Array {
  const result = new Float64Array(values.length);
  const queue = new Int32Array(values.length);
  let first = 0;
  let end = 0;
  for (let at = 0; at < values.length + reach; at++) {
    if (at < values.length) {
      while (end > first && values[queue[end - 1]] >= values[at]) end -= 1;
      queue[end] = at;
      end += 1;
    }
    const place = at - reach;
    if (place < 0) continue;
    while (queue[first] < place - reach) first += 1;
    result[place] = values[queue[first]];
  }
  return result;
}

/** Mean from `reach` before to `reach` after each place; the ends go on beyond themselves. */
function movingMean(values: Float64Array, reach: number): Float64Array {
  const last = values.length - 1;
  const valueAt = (place: number): number => values[Math.min(last, Math.max(0, place))];
  let sum = 0;
  for (let place = -reach; place <= reach; place++) sum += valueAt(place);
  return values.map((_, at) => {
    const average = sum / (2 * reach + 1);
    sum += valueAt(at + reach + 1) - valueAt(at - reach);
    return average;
  });
}

export interface LoudnessTarget {
  /** LUFS, below 0. */
  readonly loudness: number;
  /** dBTP that nothing exceeds, at most 0. */
  readonly truePeak: number;
}

/** EBU R 128. */
export const BROADCAST_LOUDNESS: LoudnessTarget = { loudness: -23, truePeak: -1 };
/** What services that play clips on the web turn them to. */
export const WEB_LOUDNESS: LoudnessTarget = { loudness: -14, truePeak: -1 };

/**
 * A sound turned to a loudness, its peaks limited. A limiter takes loudness away where peaks are high: the result may be softer than
 * the target, never above its peak. Silence stays silence.
 * @throws AiprodError `bad-input` for a target at or above 0 LUFS, or a peak above 0 dBTP
 */
export function normalizeLoudness(waveform: Waveform, target: LoudnessTarget): Waveform {
  if (!(target.loudness < 0 && target.truePeak <= 0)) {
    throw new AiprodError('bad-input', 'No sound can be turned to this loudness', {
      expected: 'less than 0 LUFS, peaks at 0 dBTP or below',
      found: `${target.loudness} LUFS, ${target.truePeak} dBTP`,
    });
  }
  const loudness = integratedLoudness(waveform);
  if (loudness === -Infinity) return waveform;
  return limitTruePeak(amplify(waveform, amplitudeOf(target.loudness - loudness)), target.truePeak);
}
