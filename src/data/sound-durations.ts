import { AiprodError } from '../errors';

/** Milliseconds: durations are whole ones, so that they stay exact. */
const MOST = 3600;

/**
 * Reads durations of sounds as LTX-2's trainer writes them: `2.0;4.0;8.0` is seconds, each a whole number of milliseconds.
 * @throws AiprodError 'bad-input'
 */
export function parseDurations(text: string): number[] {
  return text.split(';').map((part) => {
    const seconds = /^\s*\d{1,4}(\.\d{1,3}0*)?\s*$/.test(part) ? Number(part) : Number.NaN;
    if (seconds > 0 && seconds <= MOST) return seconds;
    throw new AiprodError('bad-input', 'the durations cannot be read', {
      expected: `seconds of up to ${MOST}, in thousandths at the finest, with ; between them, such as 2.0;4.0`,
      found: JSON.stringify(text),
    });
  });
}

/** The longest duration that a sound of so many seconds fills, by the rule of LTX-2's trainer; undefined where it is shorter than all. */
export function longestDuration(seconds: number, durations: readonly number[]): number | undefined {
  return durations.filter((duration) => duration <= seconds).toSorted((a, b) => b - a)[0];
}
