/** What a waveform's drawing needs at any zoom: extremes and mean power, in a pyramid. */
import { monoSamples, sampleCount, type Waveform } from './waveform';

/** Extremes of equally long stretches of a sound. */
export interface PeakLevel {
  /** Samples of a stretch; the last may be shorter. */
  readonly samplesPerPeak: number;
  readonly minima: Float32Array;
  readonly maxima: Float32Array;
  /** Root of the mean square. */
  readonly rms: Float32Array;
}

export interface WaveformPeaks {
  readonly sampleRate: number;
  readonly sampleCount: number;
  /** Finest first, each twice as coarse as the one before, down to one stretch. */
  readonly levels: readonly PeakLevel[];
}

const FINEST = 64;

/** Peaks of all channels together: extremes of any, power of their mean. */
export function waveformPeaks(waveform: Waveform): WaveformPeaks {
  const length = sampleCount(waveform);
  const levels = [finestLevel(waveform, length)];
  for (let level = levels[0]; level.minima.length > 1;) {
    level = coarser(level, length);
    levels.push(level);
  }
  return { sampleRate: waveform.sampleRate, sampleCount: length, levels };
}

function emptyLevel(samplesPerPeak: number, length: number): PeakLevel {
  const count = Math.ceil(length / samplesPerPeak);
  return { samplesPerPeak, minima: new Float32Array(count), maxima: new Float32Array(count), rms: new Float32Array(count) };
}

function finestLevel(waveform: Waveform, length: number): PeakLevel {
  const level = emptyLevel(FINEST, length);
  const mono = monoSamples(waveform);
  for (let at = 0; at < level.minima.length; at++) {
    const start = at * FINEST;
    const end = Math.min(length, start + FINEST);
    let least = Infinity;
    let most = -Infinity;
    let power = 0;
    for (const samples of waveform.channels) {
      for (let sample = start; sample < end; sample++) {
        least = Math.min(least, samples[sample]);
        most = Math.max(most, samples[sample]);
      }
    }
    for (let sample = start; sample < end; sample++) power += mono[sample] ** 2;
    level.minima[at] = least;
    level.maxima[at] = most;
    level.rms[at] = Math.sqrt(power / (end - start));
  }
  return level;
}

function coarser(fine: PeakLevel, length: number): PeakLevel {
  const level = emptyLevel(2 * fine.samplesPerPeak, length);
  const last = fine.minima.length - 1;
  const samplesOf = (at: number): number => Math.min(fine.samplesPerPeak, length - at * fine.samplesPerPeak);
  for (let at = 0; at < level.minima.length; at++) {
    const first = 2 * at;
    const second = Math.min(last, first + 1);
    level.minima[at] = Math.min(fine.minima[first], fine.minima[second]);
    level.maxima[at] = Math.max(fine.maxima[first], fine.maxima[second]);
    const [one, other] = [samplesOf(first), second === first ? 0 : samplesOf(second)];
    level.rms[at] = Math.sqrt((one * fine.rms[first] ** 2 + other * fine.rms[second] ** 2) / (one + other));
  }
  return level;
}

/** One column of a drawing. */
export interface PeakColumn {
  readonly minimum: number;
  readonly maximum: number;
  readonly rms: number;
}

/**
 * A stretch of time as columns of a drawing, from the level that is just finer than a column. Columns beyond the sound are silent.
 * @param range seconds
 */
export function peakColumns(peaks: WaveformPeaks, range: { readonly start: number; readonly end: number }, columns: number): PeakColumn[] {
  const samplesPerColumn = ((range.end - range.start) * peaks.sampleRate) / columns;
  const level = peaks.levels.findLast(({ samplesPerPeak }) => samplesPerPeak <= samplesPerColumn) ?? peaks.levels[0];
  const count = level.minima.length;
  return Array.from({ length: columns }, (_, column) => {
    const start = (range.start * peaks.sampleRate + column * samplesPerColumn) / level.samplesPerPeak;
    const from = Math.max(0, Math.floor(start));
    const to = Math.min(count, Math.max(from + 1, Math.ceil(start + samplesPerColumn / level.samplesPerPeak)));
    if (from >= to) return { minimum: 0, maximum: 0, rms: 0 };
    const power = level.rms.subarray(from, to).reduce((sum, value) => sum + value * value, 0) / (to - from);
    return {
      minimum: level.minima.subarray(from, to).reduce((least, value) => Math.min(least, value), Infinity),
      maximum: level.maxima.subarray(from, to).reduce((most, value) => Math.max(most, value), -Infinity),
      rms: Math.sqrt(power),
    };
  });
}
