/**
 * Frame rates stay fractions: positions are whole frames, and become seconds only at the edge. A float such as 29.97 drifts
 * by one frame in 17 minutes against the 30000/1001 it stands for.
 */
import { AiprodError } from '../errors';
import type { FrameRate } from './types';

/** Highest rate that is accepted, in frames a second; GIF and MP4 have ticks for it, and nothing shows more. */
export const MAX_FRAMES_PER_SECOND = 1000;
/** Largest numerator and denominator: the timescale field of MP4 has 32 bits and the muxer approximates up to this. */
const MAX_TERM = 1_000_000;

const badRate = (found: string): AiprodError =>
  new AiprodError('bad-input', 'The frame rate cannot be used', {
    expected: `a positive rate up to ${MAX_FRAMES_PER_SECOND}, such as 24, 29.97 or 30000/1001`,
    found,
  });

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Whether both terms are positive whole numbers within range. */
export function isFrameRate({ numerator, denominator }: FrameRate): boolean {
  const inRange = (term: number): boolean => Number.isSafeInteger(term) && term > 0 && term <= MAX_TERM;
  return inRange(numerator) && inRange(denominator) && numerator / denominator <= MAX_FRAMES_PER_SECOND;
}

/** Throws `bad-input` unless it is a frame rate. */
export function checkFrameRate(rate: FrameRate): void {
  if (!isFrameRate(rate)) throw badRate(`${rate.numerator}/${rate.denominator}`);
}

/**
 * A rate from what a person writes: `24`, `30000/1001`, `23.976`. A decimal that rounds an NTSC rate (24, 30, 60, 120 times
 * 1000/1001) means that rate (SMPTE ST 2036-1); any other decimal is taken as written, reduced.
 */
export function parseFrameRate(value: string | number): FrameRate {
  const text = String(value).trim();
  const fraction = /^(\d{1,7})(?:\/(\d{1,7}))?$/.exec(text);
  const decimal = /^(\d{1,4})\.(\d{1,6})$/.exec(text);
  let rate: FrameRate;
  if (fraction !== null) {
    rate = reduced(Number(fraction[1]), Number(fraction[2] ?? '1'));
  } else if (decimal !== null) {
    const fractionDigits = decimal[2] ?? '';
    const scale = 10 ** fractionDigits.length;
    const rounded = (exact: number): string => exact.toFixed(fractionDigits.length);
    const ntsc = [24, 30, 60, 120].find((base) => rounded((base * 1000) / 1001) === text);
    rate =
      ntsc === undefined
        ? reduced(Number(decimal[1]) * scale + Number(fractionDigits), scale)
        : { numerator: ntsc * 1000, denominator: 1001 };
  } else {
    throw badRate(`"${text}"`);
  }
  checkFrameRate(rate);
  return rate;
}

/** The same rate in lowest terms. */
export function reduced(numerator: number, denominator: number): FrameRate {
  const divisor = greatestCommonDivisor(numerator, denominator) || 1;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** The rate that a demuxer's estimate in frames a second stands for, to three decimals. */
export const frameRateOfEstimate = (framesPerSecond: number): FrameRate => parseFrameRate(framesPerSecond.toFixed(3).replace(/\.?0+$/, ''));

/** Seconds at which frame `index` is shown; multiplied before it is divided, so that nothing accumulates. */
export const secondsOfFrame = (index: number, { numerator, denominator }: FrameRate): number => (index * denominator) / numerator;

/** The rate as `numerator/denominator`, the form that ffmpeg reads. */
export const formatFrameRate = ({ numerator, denominator }: FrameRate): string => `${numerator}/${denominator}`;
