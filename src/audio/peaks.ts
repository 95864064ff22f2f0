/** What a waveform's drawing needs at any zoom: extremes and mean power, in a pyramid. */
import { stretchesOf, type SoundSource } from './sound-source';
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
  const finest = createFinestLevel(sampleCount(waveform));
  finest.add(waveform);
  return pyramid(finest.level, waveform.sampleRate, sampleCount(waveform));
}

/** As `waveformPeaks`, of a sound that is read in stretches. */
export async function peaksOfSound(source: SoundSource): Promise<WaveformPeaks> {
  const finest = createFinestLevel(source.length);
  for await (const { around } of stretchesOf(source)) finest.add(around);
  return pyramid(finest.level, source.sampleRate, source.length);
}

function pyramid(finest: PeakLevel, sampleRate: number, length: number): WaveformPeaks {
  const levels = [finest];
  for (let level = finest; level.minima.length > 1;) {
    level = coarser(level, length);
    levels.push(level);
  }
  return { sampleRate, sampleCount: length, levels };
}

function emptyLevel(samplesPerPeak: number, length: number): PeakLevel {
  const count = Math.ceil(length / samplesPerPeak);
  return { samplesPerPeak, minima: new Float32Array(count), maxima: new Float32Array(count), rms: new Float32Array(count) };
}

/** The finest level of a sound that comes in parts. */
function createFinestLevel(length: number): { readonly level: PeakLevel; add(part: Waveform): void } {
  const level = emptyLevel(FINEST, length);
  let at = 0;
  let [least, most, power] = [Infinity, -Infinity, 0];
  return {
    level,
    add(part) {
      const mono = monoSamples(part);
      for (let sample = 0; sample < mono.length; sample++) {
        for (const samples of part.channels) {
          least = Math.min(least, samples[sample]);
          most = Math.max(most, samples[sample]);
        }
        power += mono[sample] ** 2;
        at += 1;
        if (at % FINEST !== 0 && at !== length) continue;
        const peak = Math.ceil(at / FINEST) - 1;
        level.minima[peak] = least;
        level.maxima[peak] = most;
        level.rms[peak] = Math.sqrt(power / (at - peak * FINEST));
        [least, most, power] = [Infinity, -Infinity, 0];
      }
    },
  };
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
