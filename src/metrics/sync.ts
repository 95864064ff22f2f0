/** Whether what is heard belongs to what is seen: onsets, impacts and a mouth against the sound. */
import { bandEnvelope, onsetStrengths, sampleCount, SPEECH_BAND, waveformPart, type OnsetEnvelope, type Waveform } from '../audio';
import type { ClipFigures } from './clip-figures';
import { offsetCurve, peakOf, type OffsetCurve } from './offset-curve';
import type { Sight } from './sight';

export interface SyncOptions {
  /** Largest offset that is looked for, seconds to either side; at most a quarter of the clip. Default 1. */
  readonly reach?: number;
}

/** What an offset is told by. */
export const syncCues = ['novelty', 'impacts', 'mouth'] as const;
export type SyncCue = (typeof syncCues)[number];

/** What one cue says by itself. */
export interface CueFigures {
  /** Seconds by which the sound is late where this cue agrees best. */
  readonly offset: number;
  /** Correlation there, -1 to 1. */
  readonly correlation: number;
  /** How far it stands out: the correlation over the deviation that chance gives series as smooth as these. */
  readonly confidence: number;
}

/** How sound and picture of a clip lie to each other. */
export interface SyncFigures {
  /**
   * Seconds by which the sound is late (negative: early). Undefined where the clip has no events in common to tell by. The correction
   * is `shiftWaveform(sound, -offset)`.
   */
  readonly offset: number | undefined;
  /** The same in frames. */
  readonly offsetFrames: number | undefined;
  /** How far the best offset of all cues together stands out. */
  readonly confidence: number;
  /** 1 in sync, 0 when the clip as it is agrees no better than chance: agreement within half a frame of no offset over the best. */
  readonly score: number | undefined;
  /** Those that the clip has. */
  readonly cues: Readonly<Partial<Record<SyncCue, CueFigures>>>;
}

/** The sync of a part of a clip. */
export interface SyncWindow extends Pick<SyncFigures, 'offset' | 'offsetFrames' | 'confidence' | 'score'> {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
}

/** From this confidence on an offset is told; docs/metrics.md has how often that is right and wrong on made clips. */
const leastConfidence = 6;

/** Shorter sounds tell nothing. */
const leastSeconds = 0.25;

/**
 * Finds the offset between picture and sound. Each cue gives a curve over the offsets within reach: the rise of what is new between two frames and the
 * impacts against the onsets between them, the opening of a mouth against the envelope of the speech band at each frame. Their sum, each by how far it
 * stands out, has its peak at the offset.
 */
export function measureSync(sight: Sight, sound: Waveform, { reach = 1 }: SyncOptions = {}): SyncFigures {
  const { frameRate } = sight;
  if (sampleCount(sound) < leastSeconds * sound.sampleRate)
    return { offset: undefined, offsetFrames: undefined, confidence: 0, score: undefined, cues: {} };
  const curves = curvesOf(sight, sound, reach);
  const cues: Partial<Record<SyncCue, CueFigures>> = {};
  const strengths = new Map<SyncCue, number>();
  for (const [cue, { deviations, correlations, steps, rate }] of curves) {
    const place = peakOf(deviations);
    const confidence = Math.max(0, ...deviations);
    strengths.set(cue, confidence);
    cues[cue] = { offset: (place - steps) / rate, correlation: correlations[Math.round(place)], confidence };
  }
  const [first] = curves.values();
  const norm = Math.hypot(...strengths.values());
  if (first === undefined || norm === 0) return { offset: undefined, offsetFrames: undefined, confidence: 0, score: undefined, cues };
  const { steps, rate } = first;
  const sum = Float64Array.from({ length: first.deviations.length }, (_, k) =>
    [...curves].reduce((total, [cue, { deviations }]) => total + ((strengths.get(cue) ?? 0) / norm) * deviations[k], 0),
  );
  const confidence = Math.max(0, ...sum);
  if (confidence < leastConfidence) return { offset: undefined, offsetFrames: undefined, confidence, score: undefined, cues };
  const offset = (peakOf(sum) - steps) / rate;
  const halfFrame = Math.round((0.5 / frameRate) * rate);
  const unshifted = Math.max(...sum.subarray(Math.max(0, steps - halfFrame), steps + halfFrame + 1));
  return { offset, offsetFrames: offset * frameRate, confidence, score: Math.min(1, Math.max(0, unshifted) / confidence), cues };
}

function curvesOf(sight: Sight, sound: Waveform, reach: number): Map<SyncCue, OffsetCurve> {
  const { frameRate, novelty, impacts, mouth } = sight;
  const onsets = onsetStrengths(sound);
  const { rate } = onsets;
  const duration = onsets.strengths.length / rate;
  const steps = Math.round(Math.min(reach, duration / 4) * rate);
  /** What an envelope has from one time to another, of a frame's length. */
  const within =
    (between: (start: number, end: number) => number, lead: number) =>
    (frame: number, offset: number): number | undefined => {
      const start = (frame - lead) / frameRate + offset;
      const end = start + 1 / frameRate;
      return start < 0 || end > duration ? undefined : Math.sqrt(between(start, end));
    };
  const begun = within(sumsBetween({ rate, strengths: aboveUsual(onsets.strengths) }), 1);
  const grid = { steps, rate };
  const curves = new Map<SyncCue, OffsetCurve>([
    ['novelty', offsetCurve(rises(novelty), begun, grid)],
    ['impacts', offsetCurve(aboveUsual(Float64Array.from(impacts)), begun, grid)],
  ]);
  // Half a frame before it to half a frame after it: a mouth is seen at an instant.
  if (mouth !== undefined) curves.set('mouth', offsetCurve(mouth, within(sumsBetween(bandEnvelope(sound, SPEECH_BAND)), 0.5), grid));
  return curves;
}

/** The clip's figures with the sync's score as one of them, where it is known, so that it can be bounded as the others are. */
export function withSync(figures: ClipFigures, { score }: SyncFigures): ClipFigures {
  if (score === undefined) return figures;
  return { ...figures, summary: { ...figures.summary, sync: { average: score, min: score, max: score } } };
}

/** Square roots of how much more is new than one frame before: what begins, not what goes on. */
function rises(novelty: ArrayLike<number>): Float64Array {
  const rising = Float64Array.from({ length: novelty.length }, (_, k) => (k < 2 ? 0 : Math.max(0, novelty[k] - novelty[k - 1])));
  return aboveUsual(rising).map(Math.sqrt);
}

/** How far values are above what is usual, twice their median: noise is left out. */
function aboveUsual<Values extends Float32Array | Float64Array>(values: Values): Values {
  const usual = 2 * (values.toSorted()[Math.floor(values.length / 2)] ?? 0);
  for (const [k, value] of values.entries()) values[k] = Math.max(0, value - usual);
  return values;
}

/** The strength from one second to another, by running sums; values are spread evenly until the next. */
function sumsBetween({ rate, strengths }: OnsetEnvelope): (start: number, end: number) => number {
  const sums = new Float64Array(strengths.length + 1);
  for (const [k, strength] of strengths.entries()) sums[k + 1] = sums[k] + strength;
  const until = (seconds: number): number => {
    const place = Math.min(strengths.length, Math.max(0, seconds * rate + 0.5));
    const whole = Math.floor(place);
    return sums[whole] + (place - whole) * ((sums[whole + 1] ?? sums[whole]) - sums[whole]);
  };
  return (start, end) => Math.max(0, until(end) - until(start));
}

/** Seconds of a window, and from one to the next. */
const windowSeconds = 6;
const windowStep = 3;

/** The sync of a clip over time: of windows of 6 seconds every 3, the last one to the end of the clip; a shorter clip is one window. */
export function syncOverTime(sight: Sight, sound: Waveform, options: SyncOptions = {}): SyncWindow[] {
  const { frameRate, novelty } = sight;
  const count = Math.max(1, Math.floor((novelty.length / frameRate - windowSeconds) / windowStep + 1e-9) + 1);
  return Array.from({ length: count }, (_, k) => {
    const [start, end] = [k * windowStep, k === count - 1 ? novelty.length / frameRate : k * windowStep + windowSeconds];
    const { offset, offsetFrames, confidence, score } = measureSync(
      partOf(sight, start, end),
      waveformPart(sound, Math.round(start * sound.sampleRate), Math.round(end * sound.sampleRate)),
      options,
    );
    return { start, end, offset, offsetFrames, confidence, score };
  });
}

function partOf({ frameRate, novelty, impacts, mouth }: Sight, start: number, end: number): Sight {
  const part = (values: ArrayLike<number>): number[] =>
    Array.from(values).slice(Math.round(start * frameRate), Math.round(end * frameRate));
  return { frameRate, novelty: part(novelty), impacts: part(impacts), ...(mouth === undefined ? {} : { mouth: part(mouth) }) };
}
