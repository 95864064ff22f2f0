/**
 * Timecode of SMPTE ST 12-1: hours, minutes, seconds and frames of a whole rate. At 29.97 and 59.94 frames a second, numbers (never
 * frames) are dropped so that the clock stays with real time: the first 2 (4) of every minute but each tenth.
 */
import { AiprodError } from '../errors';
import type { FrameRate } from '../media';

/** Frames that a second of timecode counts: 30 for 29.97. */
export const countedFrames = ({ numerator, denominator }: FrameRate): number => Math.max(1, Math.round(numerator / denominator));

/** Whether numbers are dropped at this rate: 30000/1001 and 60000/1001. */
export const dropsFrames = ({ numerator, denominator }: FrameRate): boolean =>
  denominator === 1001 && (numerator === 30_000 || numerator === 60_000);

/** `HH:MM:SS:FF`, with `;` before the frames where numbers are dropped. @param frame whole, from 0 */
export function formatTimecode(frame: number, rate: FrameRate): string {
  const counted = countedFrames(rate);
  const drop = dropsFrames(rate);
  const number = drop ? frame + droppedBefore(frame, counted) : frame;
  const pair = (value: number): string => String(value).padStart(2, '0');
  const seconds = Math.floor(number / counted);
  return `${pair(Math.floor(seconds / 3600))}:${pair(Math.floor(seconds / 60) % 60)}:${pair(seconds % 60)}${drop ? ';' : ':'}${pair(number % counted)}`;
}

/**
 * The frame that a person names: a timecode from its end on (`12` frames, `3:12`, `1:03:12`), `.` and `;` as `:`.
 * @throws AiprodError `bad-input` when it is none, or names a number that is dropped
 */
export function parseTimecode(text: string, rate: FrameRate): number {
  const counted = countedFrames(rate);
  const parts = text.trim().split(/[:;.]/);
  const [frames = 0, seconds = 0, minutes = 0, hours = 0] = parts.map(Number).reverse();
  const shaped = parts.length <= 4 && parts.every((part) => /^\d{1,6}$/.test(part));
  // A single number counts frames without limit; within a longer code each place has its own.
  const inRange = parts.length === 1 || (frames < counted && (parts.length === 2 || seconds < 60) && (parts.length < 4 || minutes < 60));
  if (!shaped || !inRange) {
    throw new AiprodError('bad-input', 'this is no position in time', {
      expected: `a timecode such as 00:01:02:10, frames below ${counted}`,
      found: `"${text}"`,
    });
  }
  const number = ((hours * 60 + minutes) * 60 + seconds) * counted + frames;
  if (!dropsFrames(rate) || parts.length === 1) return number;
  const drop = counted / 15;
  const wholeMinutes = Math.floor(number / (60 * counted));
  if (seconds % 60 === 0 && frames < drop && wholeMinutes % 10 !== 0) {
    throw new AiprodError('bad-input', 'this number is dropped at this frame rate', {
      expected: `frames from ${drop}`,
      found: `"${text}"`,
    });
  }
  return number - drop * (wholeMinutes - Math.floor(wholeMinutes / 10));
}

/** How many numbers were dropped up to a frame. */
function droppedBefore(frame: number, counted: number): number {
  const drop = counted / 15;
  const perMinute = 60 * counted - drop;
  const perTenMinutes = 10 * 60 * counted - 9 * drop;
  const tens = Math.floor(frame / perTenMinutes);
  const rest = frame % perTenMinutes;
  // The first minute of ten drops none.
  const minutes = rest < 60 * counted ? 0 : 1 + Math.floor((rest - 60 * counted) / perMinute);
  return drop * (9 * tens + minutes);
}
