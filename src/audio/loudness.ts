/** Loudness and true peak after ITU-R BS.1770-4, gated as EBU R 128 has it. */
import { AiprodError } from '../errors';
import { createResampler, type Resampler } from './resample';
import { stretchesOf, type SoundSource } from './sound-source';
import { sampleCount, waveformPart, type Waveform } from './waveform';

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

/** A section with its memory: samples go through it one after another. */
function section({ b, a }: Biquad): (input: number) => number {
  let first = 0;
  let second = 0;
  return (input) => {
    const output = b[0] * input + first;
    first = b[1] * input - a[0] * output + second;
    second = b[2] * input - a[1] * output;
    return output;
  };
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

/** Measures a sound that comes in stretches. What it keeps is a number for each tenth of a second. */
export interface LoudnessMeter {
  /** @param part what follows what was added before, of the same rate and channels */
  add(part: Waveform): void;
  /** LUFS; -Infinity where no block is above the absolute gate of -70 LUFS: silence, or less than 0.4 s. */
  integrated(): number;
}

export function createLoudnessMeter(sampleRate: number, channelCount: number): LoudnessMeter {
  const block = Math.round(BLOCK_SECONDS * sampleRate);
  const step = BLOCK_STEP_SECONDS * sampleRate;
  const weights = channelWeights(channelCount);
  const meters = weights.map((weight) => {
    if (weight === 0) return undefined;
    const [shelf, pass] = [section(headShelf(sampleRate)), section(highPass(sampleRate))];
    /** Sums of squares of blocks: those that are whole, then those begun. */
    const sums: number[] = [];
    let at = 0;
    let firstOpen = 0;
    return {
      sums,
      add(samples: Float32Array): void {
        for (const sample of samples) {
          if (at === Math.round(sums.length * step)) sums.push(0);
          const heard = pass(shelf(sample));
          const power = heard * heard;
          for (let open = firstOpen; open < sums.length; open++) sums[open] += power;
          at += 1;
          if (at === Math.round(firstOpen * step) + block) firstOpen += 1;
        }
      },
      whole: () => firstOpen,
    };
  });
  return {
    add: ({ channels }) => meters.forEach((meter, channel) => meter?.add(channels[channel])),
    integrated() {
      const count = meters.find((meter) => meter !== undefined)?.whole() ?? 0;
      const powers = new Array<number>(count).fill(0);
      for (const [channel, meter] of meters.entries()) {
        if (meter !== undefined) for (let at = 0; at < count; at++) powers[at] += (weights[channel] * meter.sums[at]) / block;
      }
      const loud = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE);
      if (loud.length === 0) return -Infinity;
      const gate = loudnessOf(mean(loud)) + RELATIVE_GATE;
      return loudnessOf(mean(loud.filter((power) => loudnessOf(power) > gate)));
    },
  };
}

/**
 * Integrated loudness in LUFS, as of `LoudnessMeter`.
 * @throws AiprodError `shape-mismatch` when the channels differ in length
 */
export function integratedLoudness(waveform: Waveform): number {
  sampleCount(waveform);
  const meter = createLoudnessMeter(waveform.sampleRate, waveform.channels.length);
  meter.add(waveform);
  return meter.integrated();
}

/** Annex 2 of the standard: four times 48 kHz finds peaks between samples within 0.6 dB. */
const TRUE_PEAK_RATE = 192_000;
/** Zero crossings of the filter that finds them: half of those that a change of rate takes, and still within 0.15 dB of other meters. */
const PEAK_CROSSINGS = 32;

/** A sound's samples from `first` on, out of all that it has. */
interface Part {
  readonly first: number;
  readonly waveform: Waveform;
}

/** Samples around a place that its true peak depends on. */
const PEAK_REACH = PEAK_CROSSINGS + 1;

const resamplers = new Map<number, Resampler>();

function finer(sampleRate: number, factor: number): Resampler {
  const known = resamplers.get(sampleRate) ?? createResampler(sampleRate, sampleRate * factor, PEAK_CROSSINGS);
  resamplers.set(sampleRate, known);
  return known;
}

/** Largest magnitude of any channel around each sample from `start` to `end`, between samples too. */
function peaksAround({ first, waveform: { sampleRate, channels } }: Part, start: number, end: number): Float64Array {
  const factor = Math.max(1, Math.ceil(TRUE_PEAK_RATE / sampleRate));
  const resampler = finer(sampleRate, factor);
  const peaks = new Float64Array(end - start);
  for (const stored of channels) {
    const fine = resampler.range(stored, first, start * factor, end * factor);
    for (let at = 0; at < peaks.length; at++) {
      let peak = Math.max(peaks[at], Math.abs(stored[start - first + at]));
      for (let part = at * factor; part < (at + 1) * factor; part++) peak = Math.max(peak, Math.abs(fine[part]));
      peaks[at] = peak;
    }
  }
  return peaks;
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude);
const amplitudeOf = (gain: number): number => 10 ** (gain / 20);

/** True peak in dBTP; -Infinity for silence. */
export const truePeak = (waveform: Waveform): number => decibels(largest(peaksAround({ first: 0, waveform }, 0, sampleCount(waveform))));

export interface SoundLevels {
  /** LUFS; -Infinity for silence. */
  readonly loudness: number;
  /** dBTP; -Infinity for silence. */
  readonly truePeak: number;
}

/** Loudness and true peak of a sound, in one reading. */
export async function measureLevels(source: SoundSource): Promise<SoundLevels> {
  const meter = createLoudnessMeter(source.sampleRate, source.channels);
  let peak = 0;
  for await (const { first, end, around } of stretchesOf(source, PEAK_REACH)) {
    meter.add(waveformPart(around, PEAK_REACH, PEAK_REACH + end - first));
    peak = Math.max(peak, largest(peaksAround({ first: first - PEAK_REACH, waveform: around }, first, end)));
  }
  return { loudness: meter.integrated(), truePeak: decibels(peak) };
}

/** A sound with every sample times a factor. */
export function amplify(source: SoundSource, factor: number): SoundSource {
  return {
    ...source,
    async read(start, end) {
      const { sampleRate, channels } = await source.read(start, end);
      return { sampleRate, channels: channels.map((samples) => samples.map((sample) => sample * factor)) };
    },
  };
}

/** Seconds in which a limiter turns down before a peak, and up after it. */
const LIMITER_SECONDS = 0.005;

/** Seconds of sound that are limited in one go, on a grid of their own: so that it does not matter in which stretches the result is read. */
const LIMITER_BLOCK_SECONDS = 1;
/** Blocks kept: what is read around the edges of one lies in its neighbours. */
const KEPT_BLOCKS = 3;

/**
 * Turns a sound down around its peaks so that none exceeds `ceiling`, but for a hair between samples, which a gain that moves shifts; all
 * channels alike. What is below stays as it is.
 * @param ceiling dBTP
 */
export function limitTruePeak(source: SoundSource, ceiling: number): SoundSource {
  const { sampleRate, length } = source;
  const most = amplitudeOf(ceiling);
  const reach = Math.max(1, Math.round(LIMITER_SECONDS * sampleRate));
  const size = LIMITER_BLOCK_SECONDS * sampleRate;

  const limitBlock = async (start: number, end: number): Promise<Waveform> => {
    const [from, to] = [Math.max(0, start - 2 * reach), Math.min(length, end + 2 * reach)];
    const waveform = await source.read(from - PEAK_REACH, to + PEAK_REACH);
    const part = waveformPart(waveform, start - from + PEAK_REACH, end - from + PEAK_REACH);
    const wanted = peaksAround({ first: from - PEAK_REACH, waveform }, from, to).map((peak) => (peak > most ? most / peak : 1));
    if (wanted.every((gain) => gain === 1)) return part;
    // The mean of minima over a window contains no value above what its middle wants, so that every peak is met in full.
    const [first, last] = [Math.max(0, start - reach), Math.min(length, end + reach)];
    const minima = movingMinimum(wanted, reach).subarray(first - from, last - from);
    const gains = movingMean(minima, reach).subarray(start - first);
    return { sampleRate, channels: part.channels.map((samples) => samples.map((sample, at) => sample * gains[at])) };
  };

  const kept = new Map<number, Promise<Waveform>>();
  const blockAt = (index: number): Promise<Waveform> => {
    const known = kept.get(index);
    if (known !== undefined) return known;
    const made = limitBlock(index * size, Math.min(length, (index + 1) * size));
    kept.set(index, made);
    for (const other of [...kept.keys()].slice(0, -KEPT_BLOCKS)) kept.delete(other);
    return made;
  };

  return {
    ...source,
    async read(start, end) {
      const channels = Array.from({ length: source.channels }, () => new Float32Array(end - start));
      for (let index = Math.floor(Math.max(0, start) / size); index * size < Math.min(length, end); index++) {
        const block = waveformPart(
          await blockAt(index),
          Math.max(0, start - index * size),
          Math.min(size, end - index * size, length - index * size),
        );
        for (const [k, samples] of block.channels.entries()) channels[k].set(samples, Math.max(0, index * size - start));
      }
      return { sampleRate, channels };
    },
  };
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
 * the target, never above its peak. Silence stays silence. The sound is read once to be measured, once more where it has to be limited, and then
 * for whoever reads the result: nothing of it stays in memory.
 * @throws AiprodError `bad-input` for a target at or above 0 LUFS, or a peak above 0 dBTP
 */
export async function normalizeLoudness(source: SoundSource, target: LoudnessTarget): Promise<SoundSource> {
  if (!(target.loudness < 0 && target.truePeak <= 0)) {
    throw new AiprodError('bad-input', 'No sound can be turned to this loudness', {
      expected: 'less than 0 LUFS, peaks at 0 dBTP or below',
      found: `${target.loudness} LUFS, ${target.truePeak} dBTP`,
    });
  }
  const measured = await measureLevels(source);
  if (measured.loudness === -Infinity) return source;
  const gain = target.loudness - measured.loudness;
  const turned = amplify(source, amplitudeOf(gain));
  if (measured.truePeak + gain <= target.truePeak) return turned;
  const limited = limitTruePeak(turned, target.truePeak);
  const excess = (await measureLevels(limited)).truePeak - target.truePeak;
  return excess > 0 ? amplify(limited, amplitudeOf(-excess)) : limited;
}
