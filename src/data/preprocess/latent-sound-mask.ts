import { z } from 'zod';
import { sampleCount, type Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import type { DataSource } from '../data-source';
import { readText } from '../description';
import { requiredSound } from './media-files';
import type { EncodedTensors } from './sample-encoder';

/** Where latents of a sound lie in it. */
export interface SoundSteps {
  /** Seconds. */
  readonly start: number;
  readonly steps: number;
  readonly stepsPerSecond: number;
}

/** A stretch of time in seconds, its end not included. */
type Span = readonly [start: number, end: number];

const seconds = z.number().min(0);
const spansSchema = z.strictObject({
  generated: z.array(z.tuple([seconds, seconds]).refine(([start, end]) => start < end, 'a stretch begins before it ends')),
});

/** Of a step: times that lie on its edge in decimals do so here. */
const ROUNDING = 1e-6;

/** Amplitude from which on a mask says that the sound is given, as in LTX-2's trainer. */
const GIVEN = 0.5;

/**
 * A mask of a sound in time, a sound file or JSON, as a mask of its latents: `mask` [T], 1 where the latent is given, 0 where it is to be made.
 * A sound file gives where the mean of its channels' amplitudes is more than a half, as in LTX-2's trainer; JSON (`{ "generated": [[1.5, 2.25]] }`, in
 * seconds) names what is to be made. A latent is given only where all of its step and of the step before is, because what a latent is made of begins
 * in the step before: nothing to be made is taken as given.
 * @throws AiprodError 'bad-input' when the mask cannot be read, or ends before the sound that it goes with
 */
export async function latentSoundMask(source: DataSource, path: string, at: SoundSteps, signal: AbortSignal): Promise<EncodedTensors> {
  const generated = /\.json$/i.test(path)
    ? parseSpans(await readText(await source.open(path, signal)), path)
    : generatedSpans(await requiredSound(source, path, signal), at, path);
  const mask = new Float32Array(at.steps).fill(1);
  for (const [from, to] of generated) {
    const [first, end] = [from, to].map((time) => (time - at.start) * at.stepsPerSecond);
    mask.fill(0, Math.max(0, Math.floor(first + ROUNDING)), Math.max(0, Math.ceil(end - ROUNDING) + 1));
  }
  return { mask: { shape: [at.steps], dtype: 'f32', data: mask } };
}

function parseSpans(text: string, path: string): readonly Span[] {
  try {
    return spansSchema.parse(JSON.parse(text)).generated;
  } catch (cause) {
    const found = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AiprodError(
      'bad-input',
      'the mask of the sound cannot be read',
      { where: path, expected: '{ "generated": [[start, end], ...] } in seconds', found },
      { cause },
    );
  }
}

/** The stretches of the part in which a mask does not give the sound. */
function generatedSpans(mask: Waveform, { start, steps, stepsPerSecond }: SoundSteps, path: string): readonly Span[] {
  const { channels, sampleRate } = mask;
  const length = sampleCount(mask);
  const end = start + steps / stepsPerSecond;
  // What is made for a part is rounded to whole latents.
  if (length / sampleRate < end - 1 / stepsPerSecond) {
    throw new AiprodError('bad-input', 'the mask of the sound is shorter than the sound that it goes with', {
      where: path,
      expected: `${end.toFixed(3)} seconds`,
      found: `${(length / sampleRate).toFixed(3)}`,
    });
  }
  const isGiven = (k: number): boolean =>
    channels.reduce((sum, samples) => sum + Math.abs(samples[Math.min(k, length - 1)]), 0) > GIVEN * channels.length;
  const spans: Span[] = [];
  const last = Math.ceil(end * sampleRate);
  let from: number | undefined;
  for (let k = Math.floor(start * sampleRate); k <= last; k++) {
    if (k < last && !isGiven(k)) from ??= k;
    else if (from !== undefined) {
      spans.push([from / sampleRate, k / sampleRate]);
      from = undefined;
    }
  }
  return spans;
}
